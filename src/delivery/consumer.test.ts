import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery, Hooks, KubeEvent } from '@kec/plugin-api'
import fc from 'fast-check'
import { AsyncSeriesHook } from 'tapable'
import { decode, numberOf, record } from '../../test/events.ts'
import { openJournal } from '../../test/journal.ts'
import { Consumer, type ConsumerSetup } from './consumer.ts'

type Journal = ReturnType<typeof openJournal>
type OnEvent = (batch: readonly KubeEvent[], delivery: Delivery) => Promise<void> | void

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const newJournal = () => openJournal({ file: ':memory:', decode })
const never = new AbortController().signal

function append(journal: Journal, from: number, to: number): void {
  const records = Array.from({ length: to - from + 1 }, (_, i) => record(from + i))
  journal.append({ stream: 'all', records, position: null, ledger: '', counts: {} })
}

function hooksOf(onEvent: OnEvent): Pick<Hooks, 'onEvent'> {
  const hook = new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery'])
  hook.tapPromise('test', async (batch, delivery) => onEvent(batch, delivery))
  return { onEvent: hook }
}

function consume(journal: Journal, onEvent: OnEvent, more: Partial<ConsumerSetup> = {}): Consumer {
  const consumer = new Consumer({ name: 'sink', journal, delivery: {}, log: quiet, backoff: [1, 2], ...more })
  consumer.start(hooksOf(onEvent))
  return consumer
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('what becomes of a batch', () => {
  test('resolved: delivered, in order, in batches no larger than asked', async () => {
    const journal = newJournal()
    const sizes: number[] = []
    const got: number[] = []
    const consumer = consume(
      journal,
      batch => {
        sizes.push(batch.length)
        got.push(...batch.map(numberOf))
      },
      { delivery: { maxBatch: 7 } },
    )
    append(journal, 1, 20)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(got, range(1, 20))
    assert.deepEqual(sizes, [7, 7, 6])
    assert.equal(consumer.status.delivered, 20)
    await consumer.stop(never)
  })

  test('thrown: all that was not marked comes again, before anything newer', async () => {
    const journal = newJournal()
    const got: number[][] = []
    const attempts: number[] = []
    const consumer = consume(journal, (batch, delivery) => {
      got.push(batch.map(numberOf))
      attempts.push(delivery.attempt)
      if (got.length === 1) {
        append(journal, 4, 5)
        const [first] = batch
        if (first) delivery.reject(first, 'no')
        throw new Error('down')
      }
    })
    append(journal, 1, 3)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(got, [
      [1, 2, 3],
      [2, 3],
      [4, 5],
    ])
    assert.deepEqual(attempts, [1, 2, 1])
    const { delivered, rejected, retries } = consumer.status
    assert.deepEqual({ delivered, rejected, retries }, { delivered: 4, rejected: 1, retries: 1 })
    await consumer.stop(never)
  })

  test('retry marks: only these again, and they survive a restart', async () => {
    const journal = newJournal()
    const first = consume(
      journal,
      (batch, delivery) => {
        for (const event of batch) if (numberOf(event) % 2 === 0) delivery.retry(event)
      },
      { backoff: [1e6, 1e6] },
    )
    append(journal, 1, 5)
    await until(() => first.status.delivered === 3)
    assert.equal(first.status.pending, 2)
    await first.stop(never)
    append(journal, 6, 6)
    const got: number[][] = []
    const second = consume(journal, batch => void got.push(batch.map(numberOf)))
    await until(() => second.status.pending === 0)
    assert.deepEqual(got, [[2, 4], [6]])
    await second.stop(never)
  })

  test('slowDown: nothing more before that, and a stop does not wait for it', async () => {
    const journal = newJournal()
    let batches = 0
    const consumer = consume(journal, (_, delivery) => {
      batches++
      delivery.slowDown(1e9)
    })
    append(journal, 1, 1)
    await until(() => consumer.status.delivered === 1)
    append(journal, 2, 2)
    await until(() => consumer.status.state === 'waiting')
    assert.equal(batches, 1)
    await consumer.stop(never)
    assert.equal(consumer.status.state, 'stopped')
  })

  test('maxAttempts: halves until the event that fails is found, and only that is put aside', async () => {
    const journal = newJournal()
    const delivered: number[] = []
    const consumer = consume(
      journal,
      batch => {
        if (batch.some(event => numberOf(event) === 6)) throw new Error('poison')
        delivered.push(...batch.map(numberOf))
      },
      { delivery: { maxAttempts: 2 }, matches: event => numberOf(event) % 3 !== 1 },
    )
    append(journal, 1, 12)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(delivered, [2, 3, 5, 8, 9, 11, 12])
    const { rejected, skipped } = consumer.status
    assert.deepEqual({ rejected, skipped }, { rejected: 1, skipped: 4 })
    await consumer.stop(never)
  })

  test('marks for strangers, and marks after the end, count for nothing', async () => {
    const journal = newJournal()
    let late: (() => void) | undefined
    const consumer = consume(journal, (batch, delivery) => {
      delivery.reject(record(99).event, 'not of this batch')
      late = () => {
        for (const event of batch) delivery.reject(event, 'late')
      }
    })
    append(journal, 1, 2)
    await until(() => consumer.status.pending === 0)
    late?.()
    assert.equal(consumer.status.delivered, 2)
    assert.equal(consumer.status.rejected, 0)
    await consumer.stop(never)
  })
})

describe('time', () => {
  test('past the time limit the signal aborts, and the next batch waits for the real end', async () => {
    const journal = newJournal()
    let [inside, most] = [0, 0]
    const consumer = consume(
      journal,
      async (_, delivery) => {
        most = Math.max(most, ++inside)
        if (delivery.attempt === 1) {
          await new Promise(resolve => delivery.signal.addEventListener('abort', resolve))
          for (let i = 0; i < 20; i++) await turn()
          inside--
          throw delivery.signal.reason
        }
        inside--
      },
      { delivery: { timeout: 5 } },
    )
    append(journal, 1, 3)
    await until(() => consumer.status.pending === 0)
    assert.equal(most, 1)
    assert.equal(consumer.status.lastError, 'no answer within 5 ms')
    await consumer.stop(never)
  })

  test('a batch that is not full may wait for more; a full one leaves at once', async () => {
    const journal = newJournal()
    const got: number[][] = []
    const consumer = consume(journal, batch => void got.push(batch.map(numberOf)), { delivery: { linger: 1e9, maxBatch: 3 } })
    append(journal, 1, 2)
    await until(() => consumer.status.state === 'lingering')
    append(journal, 3, 4)
    await until(() => consumer.status.delivered === 3)
    assert.deepEqual(got, [[1, 2, 3]])
    await consumer.stop(never)
    assert.equal(consumer.status.pending, 1, 'what lingers stays in the journal')
  })

  test('a stop delivers what is there; when its time is up the signal aborts, and it waits for the real end', async () => {
    const journal = newJournal()
    const deadline = new AbortController()
    let ended = false
    const consumer = consume(journal, async (_, delivery) => {
      await new Promise(resolve => delivery.signal.addEventListener('abort', resolve))
      ended = true
      throw delivery.signal.reason
    })
    append(journal, 1, 1)
    await until(() => consumer.status.state === 'delivering')
    const stopped = consumer.stop(deadline.signal)
    deadline.abort()
    await stopped
    assert.ok(ended)
    assert.equal(consumer.status.pending, 1)
  })
})

test('one that never answers does not delay another', async () => {
  const journal = newJournal()
  const stuck = consume(journal, () => new Promise(() => {}), { name: 'stuck' })
  const got: number[] = []
  const other = consume(journal, batch => void got.push(...batch.map(numberOf)), { name: 'other' })
  for (let i = 1; i <= 50; i++) append(journal, i, i)
  await until(() => other.status.pending === 0)
  assert.deepEqual(got, range(1, 50))
  assert.equal(stuck.status.pending, 50)
  await other.stop(never)
})

test('state is committed with the outcome; a throw drops it', async () => {
  const journal = newJournal()
  const seen: unknown[] = []
  const consumer: Consumer = consume(journal, (batch, delivery) => {
    const sum = Number(consumer.state.get('sum') ?? 0) + batch.length
    consumer.state.set('sum', sum)
    seen.push([consumer.state.get('sum'), consumer.state.committed(() => consumer.state.get('sum'))])
    if (delivery.attempt === 1) throw new Error('again')
  })
  append(journal, 1, 3)
  await until(() => consumer.status.pending === 0)
  append(journal, 4, 4)
  await until(() => consumer.status.pending === 0)
  assert.deepEqual(seen, [
    [3, undefined],
    [3, undefined],
    [4, 3],
    [4, 3],
  ])
  assert.equal(journal.state('sink').get('sum'), 4)
  assert.throws(() => consumer.state.set('sum', 0), /while a batch is handled/)
  await consumer.stop(never)
})

test('an acknowledgement that fails is tried again; the batch is not', async () => {
  const journal = newJournal()
  let [failures, batches] = [3, 0]
  const full = new Proxy(journal, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (key === 'acknowledge' && failures-- > 0) throw new Error('disk full')
        return value.apply(target, args)
      }
    },
  })
  const consumer = consume(full, () => void batches++)
  append(journal, 1, 3)
  await until(() => consumer.status.pending === 0)
  assert.equal(batches, 1)
  await consumer.stop(never)
})

/** What a sink does to each event of a batch, or to the batch. */
const behaviour = fc.array(fc.constantFrom('deliver', 'deliver', 'reject', 'retry', 'throw'), { minLength: 1, maxLength: 60 })

test('whatever a sink does: each event is delivered or rejected once, in order, and the books balance', async () => {
  await fc.assert(
    fc.asyncProperty(behaviour, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }), async (plan, maxBatch, total) => {
      const journal = newJournal()
      const settled: number[] = []
      let step = 0
      // The plan ends: then all is delivered.
      const next = () => plan[step++] ?? 'deliver'
      const onEvent: OnEvent = (batch, delivery) => {
        const numbers = batch.map(numberOf)
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        )
        assert.ok((numbers[0] ?? 0) > Math.max(0, ...settled) || delivery.attempt > 1, 'nothing old comes as new')
        const marks = batch.map(next)
        const fails = marks.includes('throw')
        batch.forEach((event, i) => {
          if (marks[i] === 'reject') delivery.reject(event, 'planned')
          if (marks[i] === 'retry') delivery.retry(event)
          if (marks[i] === 'reject' || (marks[i] === 'deliver' && !fails)) settled.push(numberOf(event))
        })
        if (fails) throw new Error('planned')
      }
      const consumer = consume(journal, onEvent, { delivery: { maxBatch }, backoff: [0, 0] })
      for (let i = 1; i <= total; i += 3) {
        append(journal, i, Math.min(i + 2, total))
        const { skipped, delivered, rejected, pending } = consumer.status
        assert.equal(journal.head, skipped + delivered + rejected + pending)
        await turn()
      }
      await until(() => consumer.status.pending === 0)
      assert.deepEqual(
        settled.toSorted((a, b) => a - b),
        range(1, total),
      )
      assert.equal(consumer.status.delivered + consumer.status.rejected, total)
      await consumer.stop(never)
      journal.close()
    }),
    { numRuns: 100 },
  )
})

test('one that was never started is stopped at once', async () => {
  const consumer = new Consumer({ name: 'sink', journal: newJournal(), delivery: {}, log: quiet })
  await consumer.stop(never)
  assert.equal(consumer.status.state, 'stopped')
})
