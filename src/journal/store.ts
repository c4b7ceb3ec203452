import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'
import { journalError } from './failure.ts'
import { lock } from './lock.ts'
import { checkReadable, createPrivate, inspect, openDatabase, pageSize, patience } from './schema.ts'
import { prepare, type Statements } from './statements.ts'

/** Pages that the write-ahead log may have before it is brought into the file; fewer if `maxBytes` leaves no room for that. */
const mostWalPages = 2_000

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
    let held: { release(): void } | undefined
    try {
      createPrivate(`${file}.lock`)
      held = lock(`${file}.lock`, file)
      createPrivate(file)
      inspect(file)
      return new Store(file, openDatabase(new DatabaseSync(file, { timeout: patience }), file, walPages), held)
    } catch (error) {
      held?.release()
      throw journalError('open', file, error)
    }
  }

  /** Opens the file beside whoever has it, and changes nothing in it. */
  static openToRead(file: string): Store {
    if (statSync(file, { throwIfNoEntry: false }) === undefined)
      throw new KecError(
        'KEC_JOURNAL',
        `There is no journal ${file}.`,
        'kec start makes it; see that cluster and journal.dir are the same.',
      )
    try {
      return new Store(file, checkReadable(new DatabaseSync(file, { readOnly: true, timeout: patience }), file))
    } catch (error) {
      throw journalError('read', file, error)
    }
  }

  /** One transaction: all of the change or nothing. */
  write(change: () => void): void {
    try {
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

  /** Called when a change was not committed. */
  onRollback(listener: () => void): void {
    this.#rollbacks.push(listener)
  }

  /** Bytes of the pages in use, of those that are free in the file, and of the write-ahead log. */
  get bytes(): { used: number; free: number; wal: number } {
    return this.read(() => {
      const free = Number(this.sql.freePages.get()?.n) * pageSize
      const wal = this.file === ':memory:' ? undefined : statSync(`${this.file}-wal`, { throwIfNoEntry: false })
      return { used: Number(this.sql.pageCount.get()?.n) * pageSize - free, free, wal: wal?.size ?? 0 }
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

function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}
