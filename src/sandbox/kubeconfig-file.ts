import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { KecError } from '../errors.ts'
import { kubeconfigFor } from './sandbox.ts'

/** A kubeconfig that a sandbox wrote for kubectl and kec. */
export interface KubeconfigFile {
  /** Absolute. */
  readonly path: string
  /** Removes what nobody asked to keep: the folder, if the path was not chosen. */
  remove(): void
}

/**
 * Writes a kubeconfig that only this user can read: to this file, or to one in a new folder for temporary files.
 * @throws KecError KEC_USAGE where the file is not one of the sandbox's own, or cannot be written.
 */
export function writeKubeconfig(text: string, chosen: string | undefined): KubeconfigFile {
  if (chosen === undefined) {
    const folder = temporaryFolder()
    const path = join(folder, 'kubeconfig')
    writeFileSync(path, text, { mode: 0o600 })
    return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
  }
  const path = resolve(chosen)
  try {
    // Only where nothing is, or what an earlier sandbox left: the file could be the way into somebody's cluster.
    if (isOurs(path)) rmSync(path)
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw unwritable(path, error)
  }
  return { path, remove: () => undefined }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'kec-sandbox-'))
  } catch (error) {
    throw unwritable(tmpdir(), error)
  }
}

/** Throws what fs throws for a file that cannot be read; false where there is none, or one that no sandbox wrote. */
function isOurs(path: string): boolean {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  const server = /"server": "(http:\/\/127\.0\.0\.1:\d+)"/.exec(text)?.[1]
  const token = /"token": "(\w+)"/.exec(text)?.[1]
  const name = /"name": "(sandbox-\w+)"/.exec(text)?.[1]
  return server !== undefined && token !== undefined && text === kubeconfigFor(server, token, name)
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const causes: Readonly<Record<string, string>> = {
  EEXIST: "there is a file that is not the sandbox's own, and it stays as it is",
  EISDIR: 'it is a folder',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is not there',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

function unwritable(path: string, error: unknown): KecError {
  const why = causes[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))
  return new KecError(
    'KEC_USAGE',
    `The kubeconfig cannot be written to ${path}: ${why}.`,
    'Choose another --kubeconfig; without it, it goes to the folder for temporary files (TMPDIR).',
    { cause: error },
  )
}
