// What the tests of consumers share.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery, Hooks, KubeEvent } from '@kec/plugin-api'
import { AsyncSeriesHook } from 'tapable'
import { decode, record } from '../../test/events.ts'
import { openJournal } from '../../test/journal.ts'
import { Consumer, type ConsumerSetup } from './consumer.ts'

export type Journal = ReturnType<typeof openJournal>
export type OnEvent = (batch: readonly KubeEvent[], delivery: Delivery) => Promise<void> | void

export const quiet = { debug() {}, info() {}, warn() {}, error() {} }
export const newJournal = (options: { readonly maxBytes?: number } = {}) =>
  openJournal({ file: ':memory:', decode, fold: () => '', ...options })
export const never = new AbortController().signal

export function append(journal: Journal, from: number, to: number): void {
  const records = Array.from({ length: to - from + 1 }, (_, i) => record(from + i))
  journal.append({ stream: 'all', records, position: null, ledger: '', counts: {} })
}

/** Appends one event that takes so many bytes, as it does not compress. */
export function noise(journal: Journal, n: number, bytes: number): void {
  const text = JSON.stringify({ ...JSON.parse(record(n).line.toString()), note: randomBytes(bytes).toString('latin1') })
  journal.append({ stream: 'all', records: [{ event: decode(text), line: Buffer.from(text) }], position: null, ledger: '', counts: {} })
}

function hooksOf(onEvent: OnEvent): Pick<Hooks, 'onEvent'> {
  const hook = new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery'])
  hook.tapPromise('test', async (batch, delivery) => onEvent(batch, delivery))
  return { onEvent: hook }
}

const begun: Consumer[] = []

/** A consumer that delivers, until stopAll. */
export function begin(journal: Journal, onEvent: OnEvent, more: Partial<ConsumerSetup> = {}): Consumer {
  const consumer = new Consumer({ name: 'sink', journal, delivery: {}, log: quiet, backoff: [1, 2], ...more })
  consumer.start(hooksOf(onEvent))
  begun.push(consumer)
  return consumer
}

export function stopAll(): void {
  for (const consumer of begun.splice(0)) void consumer.stop(AbortSignal.abort())
}

/** Waits for the condition; gives up after what no machine needs, so that a test that is red ends. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUp = performance.now() + 20_000
  while (!condition()) {
    assert.ok(performance.now() < giveUp, `never came true: ${condition}`)
    await turn()
  }
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Promise 4, for one sink. */
export function balanced(journal: Journal, { status }: Consumer): void {
  const { journaled, skipped, delivered, dead, discarded, expired, pending } = status
  assert.equal(journaled, journal.head - journal.cursor(status.name).joined)
  assert.equal(journaled, skipped + delivered + dead + discarded + expired + pending, JSON.stringify(status))
  for (const term of [skipped, delivered, dead, discarded, expired, pending]) assert.ok(term >= 0, JSON.stringify(status))
}
