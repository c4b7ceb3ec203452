import { readlink, rename, rm, symlink } from 'node:fs/promises'
import { isCode } from './problem.ts'

/** Where the link leads, or undefined if there is none. Throws if something else stands there: nobody's file is replaced. */
export async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    if (isCode(error, 'EINVAL')) throw new Error('a file is there and no link; move it away')
    throw error
  }
}

/** Makes the link lead to a file beside it. It is never missing in between, for those who read through it. */
export async function pointLink(path: string, target: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  await rm(draft, { force: true })
  await symlink(target, draft)
  await rename(draft, path)
}
