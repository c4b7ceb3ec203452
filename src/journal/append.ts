import type { Facts } from './facts.ts'
import type { Commit } from './journal.ts'
import { pack, packText, rowsOf } from './pack.ts'
import type { Retention } from './retention.ts'
import type { Room } from './room.ts'
import type { Store } from './store.ts'
import type { Tail } from './tail.ts'

export interface AppendParts {
  readonly store: Store
  readonly facts: Facts
  readonly retention: Retention
  readonly room: Room
  readonly tail: Tail
  readonly warn: (message: string) => void
}

/** One commit into the file, and out of it what may go; then the same in memory. */
export function append({ store, facts, retention, room, tail, warn }: AppendParts, commit: Commit): void {
  const { sql } = store
  const { head } = facts
  const { stream, records, ledger } = commit
  const time = Date.now()
  const rows = rowsOf(records)
  const packed = rows.map(pack)
  const incoming = packed.reduce((sum, { length }) => sum + length, 0)
  room.need(incoming)
  const due = retention.due(head, incoming)
  let committed: (() => void)[] = []

  store.write(() => {
    let last = head
    for (const [index, row] of rows.entries()) {
      last += row.records.length
      sql.addBatch.run(last, row.records.length, time, stream, packed[index] ?? null, index === rows.length - 1 ? packText(ledger) : null)
    }
    if (rows.length === 0 && ledger !== '') sql.addUnjournaled.run(stream, head, packText(ledger))
    committed = [facts.write(commit), retention.write(due)]
  })

  for (const change of committed) change()
  let first = head + 1
  for (const row of rows) {
    const events = row.records.map(record => record.event)
    tail.add(first, events, row.bytes)
    first += events.length
  }
  if (due.consumers.length > 0)
    warn(`the journal keeps no place any longer for these sinks, which were not here for too long: ${due.consumers.join(', ')}`)
}
