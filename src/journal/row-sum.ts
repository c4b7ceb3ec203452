import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { KecError } from '../errors.ts'

/** The small tables, with the columns that have no checksum of their own. In `batches` a reader finds what is wrong with a row. */
const columns = {
  facts: ['kind', 'name', 'value'],
  gaps: ['id', 'stream', 'start', 'stop', 'cause'],
  ledgers: ['stream', 'head', 'snapshot'],
  unjournaled: ['id', 'stream', 'head'],
  state: ['consumer', 'key', 'value'],
  consumers: [
    ...['name', 'joined', 'seq', 'retry', 'skipped', 'delivered', 'dead', 'discarded', 'expired', 'replayed', 'replay_rejected', 'seen'],
  ],
  dead_letters: ['id', 'consumer', 'seq', 'reason', 'attempts', 'time', 'redriven'],
  replays: ['id', 'consumer', 'next', 'last', 'rules', 'asked'],
} as const

type Summed = keyof typeof columns

/** Between two columns: no text that is stored has it. */
const separator = '\u001f'

/** Teaches this connection what the schema uses: without it nobody can read or write the small tables. */
export function addRowSum(db: DatabaseSync): void {
  db.function('row_sum', { deterministic: true, varargs: true }, (...values) => {
    let text = ''
    let crc = 0
    for (const value of values) {
      if (ArrayBuffer.isView(value)) crc = crc32(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), crc)
      else text += value + separator
    }
    return crc32(text, crc)
  })
}

/** The definition of a table's last column: a checksum that SQLite computes whenever it writes the row. */
export function sumColumn(table: Summed): string {
  return `sum INTEGER NOT NULL AS (${sumOf(table)}) STORED`
}

/**
 * SQLite would believe a bit that a disk flipped in a row: a cursor a thousand events ahead, a position that was never reached. Throws
 * KecError (KEC_JOURNAL) if the small tables are not as they were written, or the newest events are not there.
 */
export function checkRows(db: DatabaseSync, file: string): void {
  for (const table of Object.keys(columns) as Summed[]) {
    const structure = db.prepare(`PRAGMA quick_check(${table})`).get()?.quick_check
    const wrong = db.prepare(`SELECT 1 FROM ${table} WHERE sum IS NOT ${sumOf(table)} LIMIT 1`).get()
    if (structure !== 'ok' || wrong !== undefined) throw damaged(file, `what it says in "${table}" is not what kec wrote`)
  }
  // The oldest row is read, too: a file that was cut short lacks it or another one.
  const ends = db
    .prepare(
      `SELECT (SELECT min(last) FROM batches) AS oldest, (SELECT max(last) FROM batches) AS newest,
      (SELECT value FROM facts WHERE kind = 'count' AND name = 'journaled') AS head`,
    )
    .get()
  if (ends?.newest != null && String(ends.newest) !== ends.head) throw damaged(file, 'its newest events are not there')
}

export function damaged(file: string, what: string): KecError {
  return new KecError(
    'KEC_JOURNAL',
    `The journal ${file} is damaged: ${what}.`,
    'See that the disk is healthy, and move the file away: kec then starts a new one, and lists everything again. Nothing was changed.',
  )
}

function sumOf(table: Summed): string {
  return `row_sum(${columns[table].join(', ')})`
}
