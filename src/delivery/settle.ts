import type { KubeEvent } from '@kec/plugin-api'
import type { Handover } from '@kec/plugin-api/host'
import type { Agenda } from './agenda.ts'
import type { Batch } from './batch.ts'
import type { Acknowledgement, Cursor, Rejected } from './consumer-journal.ts'

/** What becomes of the events of a batch, after one attempt. */
export interface Outcome {
  /** Their numbers. */
  readonly delivered: readonly number[]
  readonly rejected: readonly (Rejected & { readonly event: KubeEvent })[]
  /** Which come again: their places in the batch. */
  readonly again: readonly number[]
}

/**
 * Says of each event: delivered, rejected, or again. `failure` is what onEvent threw: then all that is not marked comes again. A single event
 * after the last attempt is rejected. `mask` takes secrets out of the reasons.
 */
export function settle(
  batch: Batch,
  handover: Handover,
  failure: string | undefined,
  maxAttempts: number,
  mask: (text: string) => string,
): Outcome {
  if (failure === undefined && !handover.marked) return { delivered: batch.seqs, rejected: [], again: [] }
  const rejected: (Rejected & { event: KubeEvent })[] = []
  const attempts = batch.attempt
  const again: number[] = []
  const delivered: number[] = []
  const giveUp = batch.attempt >= maxAttempts && batch.events.length === 1
  for (const [i, event] of batch.events.entries()) {
    const seq = batch.seqs[i] ?? 0
    const mark = handover.markOf(event)
    const comesAgain = mark === undefined ? failure !== undefined : mark.outcome === 'retry'
    if (mark?.outcome === 'reject') rejected.push({ seq, event, reason: mask(mark.reason), attempts })
    else if (comesAgain && giveUp) {
      const reason = `${batch.attempt} attempts failed: ${failure ?? 'the sink asked for it again each time'}`
      rejected.push({ seq, event, reason: mask(reason), attempts })
    } else if (comesAgain) again.push(i)
    else delivered.push(seq)
  }
  return { delivered, rejected, again }
}

/** Those of the batch that come again. */
export function remainder(batch: Batch, again: readonly number[]): Batch {
  return {
    ...batch,
    events: again.flatMap(i => batch.events[i] ?? []),
    seqs: again.flatMap(i => batch.seqs[i] ?? []),
    skipped: 0,
    expired: 0,
  }
}

/** What the journal is told of an outcome, once what comes again is on the agenda. */
export function acknowledgementOf(
  batch: Batch,
  { delivered, rejected }: Outcome,
  cursor: Cursor,
  agenda: Pick<Agenda, 'retryBelow' | 'replaying'>,
): Omit<Acknowledgement, 'state'> {
  const unmoved = { seq: cursor.seq, retry: cursor.retry, counts: { skipped: 0, delivered: 0, expired: 0 }, rejected: [] }
  if (batch.origin === 'dead letters') return { ...unmoved, redriven: { delivered, rejected } }
  if (batch.origin === 'replay') return { ...unmoved, replay: agenda.replaying.progress(delivered.length, rejected.length) }
  const seq = Math.max(cursor.seq, batch.end)
  const counts = { skipped: batch.skipped, delivered: delivered.length, expired: batch.expired }
  return { seq, retry: agenda.retryBelow(seq), counts, rejected }
}
