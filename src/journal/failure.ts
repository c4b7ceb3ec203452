import { KecError } from '../errors.ts'

const busy = 5
const full = 13

/** SQLite's primary result code, if the error is one of SQLite's. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === busy
}

/** There is no room for the journal to grow. */
export function diskFull(file: string, cause?: unknown): KecError {
  const fix = 'Make room on that disk. Nothing is lost: kec tries again.'
  return new KecError('KEC_JOURNAL', `Cannot write the journal ${file}: the disk is full.`, fix, { cause })
}

/** What went wrong with the journal, as a KecError (KEC_JOURNAL). */
export function journalError(doing: string, file: string, error: unknown): KecError {
  if (error instanceof KecError) return error
  if (resultCode(error) === full) return diskFull(file, error)
  const reason = error instanceof Error ? error.message : String(error)
  const fix =
    'See that the disk is healthy and the folder is writable for this user. If the file is damaged, move it away: kec then starts a new one.'
  return new KecError('KEC_JOURNAL', `Cannot ${doing} the journal ${file}: ${reason}.`, fix, { cause: error })
}
