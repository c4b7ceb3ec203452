import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery, KubeEvent } from '@kec/plugin-api'
import fc from 'fast-check'
import { numberOf, record } from '../../test/events.ts'
import { Consumer } from './consumer.ts'
import { append, begin as consume, never, newJournal, type OnEvent, quiet, range, stopAll, until } from './fixture.ts'

afterEach(stopAll)

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
    const { delivered, dead, retries } = consumer.status
    assert.deepEqual({ delivered, dead, retries }, { delivered: 4, dead: 1, retries: 1 })
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
    assert.deepEqual([batches, consumer.status.pending], [1, 1], 'a stop does not ask it again')
  })

  test('a sink that fails and asked for a longer wait: the log says the longer one', async () => {
    const journal = newJournal()
    const said: string[] = []
    const log = { ...quiet, warn: (message: string) => void said.push(message) }
    const fail = (delivery: Delivery) => {
      delivery.slowDown(3_600_000)
      throw new Error('too many requests')
    }
    append(journal, 1, 1)
    const replaying = consume(journal, (_, delivery) => (delivery.replay ? fail(delivery) : undefined), { name: 'replaying', log })
    const failing = consume(journal, (_, delivery) => fail(delivery), { name: 'failing', log })
    append(journal, 2, 2)
    await until(() => failing.status.lastError !== undefined)
    journal.replay({ consumer: 'replaying', since: new Date(0), rules: null })
    await until(() => replaying.status.lastError !== undefined)
    for (const what of ['delivery', 'replay']) {
      const line = said.find(message => message.startsWith(`${what} failed; it is tried again in `)) ?? ''
      assert.ok(Number(/ in ([\d.]+) s: too many requests$/.exec(line)?.[1]) > 3_000, said.join())
    }
    for (const consumer of [replaying, failing]) await consumer.stop(never)
  })

  test('a batch may linger for longer than a timer can last', async context => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    context.after(() => process.off('warning', warned))
    const journal = newJournal()
    const consumer = consume(journal, () => undefined, { delivery: { linger: 2 ** 31 } })
    append(journal, 1, 1)
    await until(() => consumer.status.state === 'lingering')
    for (let i = 0; i < 5; i++) await turn()
    assert.deepEqual(warnings, [])
    await consumer.stop(never)
  })

  test('marks on copies of the events count too', async () => {
    const journal = newJournal()
    const attempts: number[][] = []
    const consumer = consume(journal, (batch, delivery) => {
      attempts.push(batch.map(numberOf))
      if (attempts.length === 1) for (const event of batch) if (numberOf(event) > 1) delivery.retry({ ...event })
    })
    append(journal, 1, 3)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(attempts, [
      [1, 2, 3],
      [2, 3],
    ])
    await consumer.stop(never)
  })

  test('whatever is thrown, the batch comes again', async () => {
    const journal = newJournal()
    const thrown: unknown[] = ['text', undefined, null, false, Symbol('odd'), Object.create(null), 7]
    const errors: unknown[] = []
    const consumer: Consumer = consume(journal, () => {
      errors.push(consumer.status.lastError)
      if (thrown.length > 0) throw thrown.shift()
    })
    append(journal, 1, 1)
    await until(() => consumer.status.pending === 0)
    assert.equal(consumer.status.retries, 7)
    assert.ok(errors.slice(1).every(error => typeof error === 'string'))
    await consumer.stop(never)
  })

  test('a sink that takes its batch apart takes nothing from the journal', async () => {
    const journal = newJournal()
    const got: number[][] = []
    const consumer = consume(journal, batch => {
      got.push(batch.map(numberOf))
      if (got.length === 1) (batch as KubeEvent[]).splice(0) // what JavaScript may try
    })
    append(journal, 1, 2)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(got, [
      [1, 2],
      [1, 2],
    ])
    await consumer.stop(never)
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
    const { dead, skipped } = consumer.status
    assert.deepEqual({ dead, skipped }, { dead: 1, skipped: 4 })
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
    assert.equal(consumer.status.dead, 0)
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
    const took: number[] = []
    const onEvent: OnEvent = async (_, delivery) => {
      await new Promise(resolve => delivery.signal.addEventListener('abort', resolve))
      ended = true
      throw delivery.signal.reason
    }
    const consumer = consume(journal, onEvent, { onBatch: seconds => void took.push(seconds) })
    append(journal, 1, 1)
    await until(() => consumer.status.state === 'delivering')
    assert.ok(consumer.status.inFlightSince)
    const stopped = consumer.stop(deadline.signal)
    deadline.abort()
    await stopped
    assert.ok(ended)
    const { pending, lastError, inFlightSince } = consumer.status
    assert.deepEqual([pending, lastError, inFlightSince], [1, 'kec stops and does not wait longer', undefined])
    assert.equal(took.length, 1)
  })
})

describe('a long backlog leaves room for others', () => {
  for (const [what, matches] of [
    ['of a sink that answers at once', undefined],
    ['that a match skips', () => false],
  ] as const)
    test(what, async () => {
      const journal = newJournal()
      journal.join('sink', 'now')
      for (let i = 0; i < 20; i++) append(journal, i * 500 + 1, i * 500 + 500)
      const consumer = consume(journal, () => {}, { matches })
      await turn()
      assert.ok(consumer.status.pending > 0, 'others have their turn before it is done')
      await until(() => consumer.status.pending === 0)
      await consumer.stop(never)
    })

  test('a batch that lingers fills over however many are skipped', async () => {
    const journal = newJournal()
    const got: number[] = []
    const delivery = { linger: 1e9, maxBatch: 3 }
    const consumer = consume(journal, batch => void got.push(...batch.map(numberOf)), {
      delivery,
      matches: event => numberOf(event) % 1_000 === 0,
    })
    append(journal, 1, 3_500)
    await until(() => consumer.status.delivered === 3)
    assert.deepEqual(got, [1_000, 2_000, 3_000])
    await consumer.stop(never)
  })
})

test('a failure is told with its cause', async () => {
  const journal = newJournal()
  const consumer = consume(journal, () => {
    throw new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') })
  })
  append(journal, 1, 1)
  await until(() => consumer.status.lastError !== undefined)
  assert.equal(consumer.status.lastError, 'fetch failed: connect ECONNREFUSED')
  await consumer.stop(AbortSignal.abort())
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

test('a stop while an acknowledgement fails: nothing more is handed over, and what was comes again', async () => {
  const journal = newJournal()
  let failing = true
  const full = new Proxy(journal, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (key === 'acknowledge' && failing) throw new Error('disk full')
        return value.apply(target, args)
      }
    },
  })
  const got: number[] = []
  const delivery = { maxBatch: 2 }
  const first = consume(full, batch => void got.push(...batch.map(numberOf)), { delivery })
  append(journal, 1, 4)
  await until(() => first.status.state === 'waiting')
  await first.stop(never)
  assert.deepEqual(got, [1, 2])
  assert.equal(first.status.pending, 4)
  failing = false
  const second = consume(full, batch => void got.push(...batch.map(numberOf)), { delivery })
  await until(() => second.status.pending === 0)
  assert.deepEqual(got, [1, 2, 1, 2, 3, 4])
  await second.stop(never)
})

test('state that is set is a copy, and what JSON cannot hold is refused where it is set', async () => {
  const journal = newJournal()
  const list = [1]
  const consumer: Consumer = consume(journal, (batch, delivery) => {
    consumer.state.set('list', list)
    list.push(2)
    for (const odd of [1n, Number.NaN, () => {}, Symbol('s')]) assert.throws(() => consumer.state.set('odd', odd as never), TypeError)
    // Nothing is settled, and yet what was set becomes true.
    if (delivery.attempt === 1) for (const event of batch) delivery.retry(event)
    else
      assert.deepEqual(
        consumer.state.committed(() => consumer.state.get('list')),
        [1],
      )
  })
  append(journal, 1, 1)
  await until(() => consumer.status.pending === 0)
  assert.equal(consumer.status.retries, 1)
  await consumer.stop(never)
})

const fate = fc.constantFrom('deliver', 'deliver', 'deliver', 'reject', 'retry', 'throw')

test('whatever a sink does, through restarts: each event is settled once, the lowest first, and the books balance', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { maxLength: 80 }),
      fc.record({
        maxBatch: fc.integer({ min: 1, max: 9 }),
        maxAttempts: fc.constantFrom(1, 2, 5),
        total: fc.integer({ min: 1, max: 40 }),
        /** The sink is stopped, and begun anew, after so many batches; again and again. */
        restart: fc.integer({ min: 2, max: 20 }),
        skip: fc.integer({ min: 2, max: 8 }),
      }),
      async (plan, { maxBatch, maxAttempts, total, restart, skip }) => {
        const journal = newJournal()
        journal.join('sink', 'now')
        const matches = (event: KubeEvent) => numberOf(event) % skip !== 0
        const open = new Set(range(1, total).filter(n => n % skip !== 0))
        const expected = open.size
        let [step, batches, delivered] = [0, 0, 0]
        const settle = (n: number) => assert.ok(open.delete(n), `${n} is settled twice`)
        const log = {
          ...quiet,
          error: (_: string, fields?: Readonly<Record<string, unknown>>) => settle(Number(String(fields?.id).split('/').at(-1))),
        }
        const onEvent: OnEvent = (batch, delivery) => {
          batches++
          const numbers = batch.map(numberOf)
          assert.ok(numbers.length <= maxBatch)
          assert.deepEqual(
            numbers,
            [...open]
              .filter(n => n >= (numbers[0] ?? 0))
              .slice(0, numbers.length)
              .filter(n => numbers.includes(n)),
            'in order, and none that is settled',
          )
          assert.equal(numbers[0], Math.min(...open), 'nothing newer before the oldest')
          // The plan ends: then all is delivered.
          const fates = batch.map(() => plan[step++] ?? 'deliver')
          const fails = fates.includes('throw')
          batch.forEach((event, i) => {
            if (fates[i] === 'reject') delivery.reject(event, 'planned')
            if (fates[i] === 'retry') delivery.retry(event)
            if (fates[i] !== 'deliver' || fails) return
            settle(numberOf(event))
            delivered++
          })
          if (fails) throw new Error('planned')
        }
        const setup = { matches, log, delivery: { maxBatch, maxAttempts }, backoff: [0, 0] as const }
        let consumer = consume(journal, onEvent, setup)
        for (let i = 1; i <= total || consumer.status.pending > 0; i += 3) {
          if (i <= total) append(journal, i, Math.min(i + 2, total))
          const { skipped, delivered, dead, pending } = consumer.status
          assert.equal(journal.head, skipped + delivered + dead + pending)
          if (batches >= restart) {
            batches = 0
            await consumer.stop(never)
            consumer = consume(journal, onEvent, setup)
          }
          await turn()
        }
        assert.deepEqual([...open], [])
        const { skipped, dead } = consumer.status
        assert.deepEqual([skipped, consumer.status.delivered, dead], [total - expected, delivered, expected - delivered])
        await consumer.stop(never)
        journal.close()
      },
    ),
    { numRuns: 200 },
  )
})

test('one that was never started is stopped at once', async () => {
  const consumer = new Consumer({ name: 'sink', journal: newJournal(), delivery: {}, log: quiet })
  await consumer.stop(never)
  assert.equal(consumer.status.state, 'stopped')
})
