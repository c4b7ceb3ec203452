import type { JournalSize } from './journal.ts'
import type { Store } from './store.ts'

const hour = 60 * 60 * 1_000
const day = 24 * hour
const minute = 60 * 1_000

/** Of the oldest row: the number before its first event, and when it was stored. */
export function oldestRow(store: Store): { readonly before: number; readonly time: number } | undefined {
  const row = store.read(() => store.sql.firstBatchAbove.get(0))
  return row === undefined ? undefined : { before: Number(row.last) - Number(row.count), time: Number(row.time) }
}

/** The newest number stored before this time. Rows are looked up by halving, so that a clock that jumped gives some row near it. */
export function headAt(store: Store, time: number, head: number): number {
  const oldest = oldestRow(store)
  let [low, high] = [oldest?.before ?? head, head]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = store.read(() => store.sql.firstBatchAbove.get(middle))
    if (row !== undefined && Number(row.time) < time) low = Number(row.last)
    else high = row === undefined ? middle : Math.min(middle, Number(row.last) - Number(row.count))
  }
  return low
}

/** How much room it takes, and how many hours maxBytes holds at the rate of the last 24 h. */
export function sizeOf(store: Store, head: number, maxBytes: number): JournalSize {
  const { used, wal } = store.bytes
  const oldest = oldestRow(store)
  const events = head - (oldest?.before ?? head)
  if (oldest === undefined) return { bytes: used + wal, maxBytes, hours: undefined }
  const now = Date.now()
  const lately = head - headAt(store, now - day, head)
  // Of the first minutes nothing can be said.
  const span = Math.min(day, Math.max(minute, now - oldest.time))
  const bytesPerHour = (used / events) * (lately / (span / hour))
  return { bytes: used + wal, maxBytes, hours: bytesPerHour > 0 ? maxBytes / bytesPerHour : undefined }
}
