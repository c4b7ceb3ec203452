import { DatabaseSync } from 'node:sqlite'
import { journalError } from './failure.ts'
import { lock } from './lock.ts'
import { createPrivate, openDatabase } from './schema.ts'
import { prepare, type Statements } from './statements.ts'

/** The open file: its statements, and the two ways to use them. What goes wrong becomes KecError (KEC_JOURNAL). */
export class Store {
  readonly file: string
  readonly sql: Statements
  readonly #db: DatabaseSync
  readonly #lock: { release(): void } | undefined

  /** Locks the file for this process and opens it; `:memory:` needs no lock. */
  constructor(file: string) {
    this.file = file
    if (file === ':memory:') {
      this.#db = openDatabase(new DatabaseSync(file), file)
    } else {
      try {
        createPrivate(`${file}.lock`)
        this.#lock = lock(`${file}.lock`, file)
        createPrivate(file)
        // Someone who reads beside us may hold it for a moment.
        this.#db = openDatabase(new DatabaseSync(file, { timeout: 5_000 }), file)
      } catch (error) {
        this.#lock?.release()
        throw journalError('open', file, error)
      }
    }
    this.sql = prepare(this.#db)
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

  close(): void {
    this.#db.close()
    this.#lock?.release()
  }
}
