import { accessSync, closeSync, constants, fchmodSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'
import { checkReadable, inspect, openDatabase, pageSize, patience } from './database.ts'
import { journalError } from './failure.ts'
import { lock } from './lock.ts'
import { prepare, type Statements } from './statements.ts'

/** Pages that the write-ahead log may have before it is brought into the file; fewer if `maxBytes` leaves no room for that. */
const mostWalPages = 2_000

/** Bytes of a disk that new events leave free. */
const spare = 1024 ** 2

/** The open file: its statements, and the two ways to use them. What goes wrong becomes KecError (KEC_JOURNAL). */
export class Store {
  readonly file: string
  readonly sql: Statements
  readonly #db: DatabaseSync
  readonly #lock: { release(): void } | undefined
  readonly #rollbacks: (() => void)[] = []

  /** Which file it is, whatever its name leads to later. */
  readonly #identity: string | undefined

  private constructor(file: string, db: DatabaseSync, held?: { release(): void }) {
    this.file = file
    this.#identity = identityOf(file)
    this.#db = db
    this.#lock = held
    this.sql = prepare(db)
  }

  /** Locks the file for this process and opens it; `:memory:` needs no lock. */
  static open(file: string, maxBytes: number): Store {
    const walPages = Math.min(mostWalPages, Math.ceil(maxBytes / pageSize / 16))
    if (file === ':memory:') return new Store(file, openDatabase(new DatabaseSync(file), file, walPages))
    const held = locked(`${file}.lock`, file)
    try {
      createPrivate(file)
      inspect(file)
      return new Store(file, openDatabase(new DatabaseSync(file, { timeout: patience }), file, walPages), held)
    } catch (error) {
      held.release()
      throw journalError('open', file, error)
    }
  }

  /** Opens the file beside whoever has it, and changes nothing in it. */
  static openToRead(file: string): Store {
    try {
      accessSync(file, constants.R_OK)
      return new Store(file, checkReadable(new DatabaseSync(file, { readOnly: true, timeout: patience }), file))
    } catch (error) {
      throw readingError(file, error)
    }
  }

  /** One transaction: all of the change or nothing. */
  write(change: () => void): void {
    try {
      this.#keepLogSmall()
      this.sql.begin.run()
      change()
      this.sql.commit.run()
    } catch (error) {
      // A full disk has rolled back already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      for (const listener of this.#rollbacks) listener()
      throw journalError('write', this.file, error)
    }
  }

  read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw journalError('read', this.file, error)
    }
  }

  /** What is read next is read from the disk. */
  forgetPages(): void {
    this.#db.exec('PRAGMA shrink_memory')
  }

  /** Called when a change was not committed. */
  onRollback(listener: () => void): void {
    this.#rollbacks.push(listener)
  }

  /** Brings the write-ahead log into the file, and gives its bytes back to the disk. False if that failed, or a reader held it back. */
  emptyLog(): boolean {
    try {
      return this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0
    } catch {
      return false // the file cannot grow: the log stays as it is
    }
  }

  /** Whether so many bytes can be added and enough is left: without it neither an acknowledgement nor a deletion could be written. */
  hasRoomFor(incoming: number): boolean {
    const onDisk = this.#freeOnDisk
    if (onDisk - 2 * incoming >= spare) return true // once into the log, once into the file
    return onDisk - incoming >= spare / 2 && this.bytes.free >= incoming
  }

  /** On a full disk the file could not grow: the log is emptied while there is room for what is in it. */
  #keepLogSmall(): void {
    const wal = this.#walBytes
    if (wal > 0 && this.#freeOnDisk < wal + 2 * spare) this.emptyLog()
  }

  get #walBytes(): number {
    return this.file === ':memory:' ? 0 : (statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }

  get #freeOnDisk(): number {
    if (this.file === ':memory:') return Number.POSITIVE_INFINITY
    try {
      const { blocks, bavail, bsize } = statfsSync(dirname(this.file))
      return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize // some file systems do not say
    } catch {
      return Number.POSITIVE_INFINITY // its folder was deleted: SQLite still has the file open, and finds out by itself if there is no room
    }
  }

  /** Bytes of the pages in use, of those that are free in the file, and of the write-ahead log. */
  get bytes(): { used: number; free: number; wal: number } {
    return this.read(() => {
      const free = Number(this.sql.freePages.get()?.n) * pageSize
      return { used: Number(this.sql.pageCount.get()?.n) * pageSize - free, free, wal: this.#walBytes }
    })
  }

  get isInPlace(): boolean {
    return identityOf(this.file) === this.#identity
  }

  close(): void {
    this.#db.close()
    this.#lock?.release()
  }
}

/** Only its owner may read it; SQLite gives the files beside it (-wal, -shm) the same mode. */
function createPrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const handle = openSync(file, 'a', 0o600)
  try {
    fchmodSync(handle, 0o600)
  } finally {
    closeSync(handle)
  }
}

function locked(file: string, journal: string): { release(): void } {
  try {
    createPrivate(file)
    return lock(file, journal)
  } catch (error) {
    throw journalError('open', file, error)
  }
}

function readingError(file: string, error: unknown): KecError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new KecError('KEC_JOURNAL', `There is no journal ${file}.`, 'kec start makes it; see that cluster and journal.dir are the same.')
  if (code === 'EACCES')
    return new KecError('KEC_JOURNAL', `Only its owner may read the journal ${file}.`, 'Run this command as the user that kec runs as.')
  return journalError('read', file, error)
}

function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file)
    return `${dev}:${ino}`
  } catch {
    return undefined // it is gone, or in a folder that is closed to us
  }
}
