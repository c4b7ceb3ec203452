import type { SQLOutputValue } from 'node:sqlite'
import type { Cursor } from './journal.ts'
import type { Store } from './store.ts'

/** As the file has them: name, cursor, and when it was last here. */
export function storedCursors(store: Store): [name: string, cursor: Cursor, seen: Date][] {
  const { sql } = store
  return store.read(() => {
    const redriven = new Map(sql.redrivenCounts.all().map(({ consumer, count }) => [String(consumer), Number(count)]))
    return sql.consumers.all().map(row => {
      const name = String(row.name)
      return [name, cursorOf(row, redriven.get(name) ?? 0), new Date(Number(row.seen))]
    })
  })
}

/** To be called in a transaction. */
export function storeCursor({ sql }: Store, consumer: string, { seq, retry, counts, dead, replayed }: Cursor): void {
  const { skipped, delivered, discarded, expired } = counts
  sql.moveConsumer.run(
    seq,
    JSON.stringify(retry),
    skipped,
    delivered,
    dead.lying + dead.redriven,
    discarded,
    expired,
    replayed.delivered,
    replayed.rejected,
    Date.now(),
    consumer,
  )
}

/** Of a consumer that gets what is above `from`. */
export function newCursor(from: number): Cursor {
  return {
    joined: from,
    seq: from,
    retry: [],
    counts: { skipped: 0, delivered: 0, discarded: 0, expired: 0 },
    dead: { lying: 0, redriven: 0 },
    replayed: { delivered: 0, rejected: 0 },
  }
}

function cursorOf(row: Record<string, SQLOutputValue>, redriven: number): Cursor {
  return {
    joined: Number(row.joined),
    seq: Number(row.seq),
    retry: JSON.parse(String(row.retry)) as number[], // acknowledge() wrote it
    counts: {
      skipped: Number(row.skipped),
      delivered: Number(row.delivered),
      discarded: Number(row.discarded),
      expired: Number(row.expired),
    },
    dead: { lying: Number(row.dead) - redriven, redriven },
    replayed: { delivered: Number(row.replayed), rejected: Number(row.replay_rejected) },
  }
}
