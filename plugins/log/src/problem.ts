import { dirname } from 'node:path'

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

export const isCode = (error: unknown, code: string): boolean => codeOf(error) === code

/** What is wrong with the log file, and what to do about it: kec shows `fix` if it is at start. */
export class LogFileProblem extends Error {
  readonly fix: string

  constructor(file: string, cause: unknown) {
    super(`cannot write the log file ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    this.fix = remedy(dirname(file), codeOf(cause))
  }
}

function remedy(folder: string, code: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM': {
      const user = process.getuid ? ` (uid ${process.getuid()})` : ''
      return `Let kec's user${user} write to ${folder}, or give another file.`
    }
    case 'EROFS':
      return `Give a file on a volume that may be written, or mount one at ${folder}.`
    case 'ENOSPC':
    case 'EDQUOT':
      return `Make room on the disk of ${folder}.`
    default:
      return 'Give a file in a folder that kec may write; without `file`, lines go to standard output.'
  }
}
