import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { KecError } from '../errors.ts'

/** The socket of the kec that has this journal. */
export function socketOf(journalFile: string): string {
  return `${journalFile}.sock`
}

/** Bytes that the system takes as a socket's path. */
const longest = process.platform === 'linux' ? 107 : 103

export interface Address {
  readonly path: string
  /** To be called when the socket is no longer needed. */
  release(): void
}

/**
 * The path of a socket as the system takes it. On Linux one that is too long is reached through its open folder. Throws KecError (KEC_CONTROL)
 * where there is no such way, and what the system says if there is no such folder.
 */
export function addressOf(socket: string, platform: NodeJS.Platform = process.platform): Address {
  const bytes = Buffer.byteLength(socket)
  if (bytes <= longest) return { path: socket, release() {} }
  if (platform !== 'linux')
    throw new KecError(
      'KEC_CONTROL',
      `The path of the control socket is too long for this system: ${socket} has ${bytes} bytes, and ${longest} are allowed.`,
      'Give the journal a shorter folder (journal.dir).',
    )
  const folder = openSync(dirname(socket), constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${folder}/${basename(socket)}`, release: () => closeSync(folder) }
}
