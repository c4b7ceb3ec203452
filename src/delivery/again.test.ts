import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery, KubeEvent } from '@kec/plugin-api'
import { numberOf } from '../../test/events.ts'
import type { Consumer } from './consumer.ts'
import { append, balanced, begin, never, newJournal, noise, quiet, range, stopAll, until } from './fixture.ts'

afterEach(stopAll)

/** Takes all but those numbers, which it rejects. */
function picky(bad: Set<number>, got: number[][] = []) {
  return (batch: readonly KubeEvent[], delivery: Delivery) => {
    got.push(batch.map(numberOf))
    for (const event of batch) if (bad.has(numberOf(event))) delivery.reject(event, `${numberOf(event)} is bad`)
  }
}

describe('dead letters', () => {
  test('lie with reason, attempts and time; redriven ones come before anything newer, as batches of their own', async () => {
    const journal = newJournal()
    const bad = new Set([2, 4])
    const got: number[][] = []
    const consumer = begin(journal, picky(bad, got), { delivery: { maxBatch: 3 } })
    append(journal, 1, 5)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual([consumer.status.delivered, consumer.status.dead], [3, 2])
    const before = Date.now()
    assert.deepEqual(
      [...journal.deadLetters()].map(({ seq, reason, attempts, redriven }) => [seq, reason, attempts, redriven]),
      [
        [2, '2 is bad', 1, false],
        [4, '4 is bad', 1, false],
      ],
    )
    assert.ok([...journal.deadLetters()].every(({ time }) => Math.abs(time.getTime() - before) < 60_000))
    bad.delete(2)
    got.length = 0
    assert.equal(journal.redrive('sink', 'all'), 2)
    append(journal, 6, 6)
    balanced(journal, consumer)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(got, [[2, 4], [6]])
    const { delivered, dead } = consumer.status
    assert.deepEqual({ delivered, dead }, { delivered: 5, dead: 1 })
    assert.deepEqual(
      [...journal.deadLetters()].map(({ seq, redriven }) => [seq, redriven]),
      [[4, false]],
    )
    balanced(journal, consumer)
  })

  test('a redrive wakes an idle consumer; a throw keeps them redriven, through a restart', async () => {
    const journal = newJournal()
    let fails = false
    const bad = new Set([1, 2])
    const onEvent = (batch: readonly KubeEvent[], delivery: Delivery) => {
      if (fails) throw new Error('down')
      picky(bad)(batch, delivery)
    }
    const first = begin(journal, onEvent)
    append(journal, 1, 3)
    await until(() => first.status.state === 'idle' && first.status.dead === 2)
    fails = true
    bad.clear()
    assert.equal(journal.redrive('sink', [2, 3, 99]), 1, 'only those that lie')
    await until(() => first.status.retries > 0)
    assert.deepEqual([first.status.dead, first.status.pending], [1, 1])
    await first.stop(AbortSignal.abort())
    fails = false
    const second = begin(journal, onEvent)
    await until(() => second.status.pending === 0)
    assert.deepEqual([second.status.dead, second.status.delivered], [1, 2])
    balanced(journal, second)
  })

  test('those discarded while a sink has them, or fails on them, stay discarded', async () => {
    const journal = newJournal()
    const bad = new Set([1, 2, 3])
    let release: (() => void) | undefined
    const seen: number[][] = []
    const consumer = begin(journal, async (batch, delivery) => {
      seen.push(batch.map(numberOf))
      if (seen.length === 1) return picky(bad)(batch, delivery)
      if (seen.length === 2) {
        await new Promise<void>(resolve => {
          release = resolve
        })
        delivery.reject(batch[1] as KubeEvent, 'still bad') // there are three
        delivery.retry(batch[2] as KubeEvent)
      }
    })
    append(journal, 1, 3)
    await until(() => consumer.status.dead === 3)
    journal.redrive('sink', 'all')
    await until(() => release !== undefined)
    assert.equal(journal.discard('sink', [1, 2]), 2)
    balanced(journal, consumer)
    release?.()
    await until(() => consumer.status.pending === 0)
    const { delivered, discarded, dead } = consumer.status
    assert.deepEqual({ delivered, discarded, dead }, { delivered: 1, discarded: 2, dead: 0 })
    assert.deepEqual(seen, [[1, 2, 3], [1, 2, 3], [3]])
    balanced(journal, consumer)
  })

  test('one that waits to come again and is discarded does not come again', async () => {
    const journal = newJournal()
    const seen: number[][] = []
    const consumer = begin(journal, (batch, delivery) => {
      seen.push(batch.map(numberOf))
      if (seen.length === 1) return picky(new Set([1, 2]))(batch, delivery)
      if (seen.length > 2) return
      journal.discard('sink', [1])
      throw new Error('down')
    })
    append(journal, 1, 2)
    await until(() => consumer.status.dead === 2)
    journal.redrive('sink', 'all')
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(seen, [[1, 2], [1, 2], [2]])
    balanced(journal, consumer)
  })

  test('however many there are, one batch of them is in memory', async () => {
    const journal = newJournal()
    const sizes: number[] = []
    let accepts = false
    const consumer = begin(
      journal,
      (batch, delivery) => {
        sizes.push(batch.length)
        if (!accepts) for (const event of batch) delivery.reject(event, 'no')
      },
      { delivery: { maxBatch: 50 } },
    )
    append(journal, 1, 2_000)
    await until(() => consumer.status.dead === 2_000)
    accepts = true
    journal.redrive('sink', 'all')
    await until(() => consumer.status.pending === 0)
    assert.equal(Math.max(...sizes), 50)
    assert.deepEqual([consumer.status.delivered, consumer.status.dead], [2_000, 0])
  })
})

describe('replays', () => {
  test('come marked, counted apart, through the rules and the match, and are never dead letters', async () => {
    const journal = newJournal()
    const got: [boolean, number[]][] = []
    const errors: string[] = []
    const consumer = begin(
      journal,
      (batch, delivery) => {
        got.push([delivery.replay, batch.map(numberOf)])
        if (delivery.replay) for (const event of batch) if (numberOf(event) === 6) delivery.reject(event, 'no')
      },
      {
        matches: event => numberOf(event) !== 4,
        compile: rules => event => numberOf(event) % Number(rules) === 0,
        log: { ...quiet, error: text => void errors.push(text) },
      },
    )
    append(journal, 1, 9)
    await until(() => consumer.status.pending === 0)
    assert.equal(journal.replay({ consumer: 'sink', since: new Date(0), rules: 2 }), 9)
    await until(() => journal.replays('sink').length === 0)
    assert.deepEqual(got, [
      [false, [1, 2, 3, 5, 6, 7, 8, 9]],
      [true, [2, 6, 8]],
    ])
    const { delivered, dead, replayed, replayRejected } = consumer.status
    assert.deepEqual({ delivered, dead, replayed, replayRejected }, { delivered: 8, dead: 0, replayed: 2, replayRejected: 1 })
    assert.deepEqual(errors, ['an event cannot be replayed'])
    balanced(journal, consumer)
    append(journal, 10, 10)
    await until(() => consumer.status.pending === 0)
    assert.deepEqual(got.at(-1), [false, [10]])
  })

  test('each replay goes by its own rules', async () => {
    const journal = newJournal()
    const replayed: number[][] = []
    const consumer = begin(journal, (batch, delivery) => void (delivery.replay && replayed.push(batch.map(numberOf))), {
      compile: rules => event => numberOf(event) % Number(rules) === 0,
    })
    append(journal, 1, 6)
    await until(() => consumer.status.pending === 0)
    for (const rules of [3, 2]) {
      journal.replay({ consumer: 'sink', since: new Date(0), rules })
      await until(() => journal.replays('sink').length === 0)
    }
    assert.deepEqual(replayed, [
      [3, 6],
      [2, 4, 6],
    ])
  })

  test('a replay that fails does not starve what is new; it goes on where it was after a restart', async () => {
    const journal = newJournal()
    let fails = true
    const news: number[] = []
    const again: number[] = []
    const onEvent = (batch: readonly KubeEvent[], delivery: Delivery) => {
      if (!delivery.replay) news.push(...batch.map(numberOf))
      else if (fails && batch.some(event => numberOf(event) > 4)) throw new Error('poison')
      else again.push(...batch.map(numberOf))
    }
    // The sink has no limit of attempts, and a long backoff: what is new must not wait for it.
    const setup = { delivery: { maxBatch: 4 }, backoff: [1e6, 1e6] as const }
    const first = begin(journal, onEvent, setup)
    append(journal, 1, 12)
    await until(() => first.status.pending === 0)
    journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
    await until(() => first.status.lastError === 'poison')
    append(journal, 13, 40)
    await until(() => first.status.pending === 0)
    assert.deepEqual(news, range(1, 40))
    assert.deepEqual(again, range(1, 4))
    await first.stop(never)
    assert.equal(first.status.state, 'stopped', 'a stop does not wait for a replay')
    fails = false
    const second = begin(journal, onEvent, setup)
    await until(() => journal.replays().length === 0)
    assert.deepEqual(again, range(1, 12))
    assert.equal(second.status.replayed, 12)
    balanced(journal, second)
  })

  test('what a replay could not deliver yet comes after a restart, too', async () => {
    const journal = newJournal()
    const again: number[][] = []
    const onEvent = (batch: readonly KubeEvent[], delivery: Delivery) => {
      if (!delivery.replay) return
      again.push(batch.map(numberOf))
      if (again.length === 1) for (const event of batch) if (numberOf(event) % 2 === 0) delivery.retry(event)
    }
    const first = begin(journal, onEvent, { backoff: [1e6, 1e6] })
    append(journal, 1, 5)
    await until(() => first.status.pending === 0)
    journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
    await until(() => first.status.replayed === 3)
    await first.stop(never)
    const second = begin(journal, onEvent)
    await until(() => journal.replays().length === 0)
    assert.deepEqual(again[0], range(1, 5))
    assert.deepEqual(again[1], range(2, 5), 'from the first that was not delivered')
    balanced(journal, second)
  })

  test('a stop begins no replay, which stays for the next start', async () => {
    const journal = newJournal()
    let stopped: Promise<void> | undefined
    const consumer: Consumer = begin(
      journal,
      (_, delivery) => {
        if (delivery.replay) stopped = consumer.stop(never)
      },
      { delivery: { maxBatch: 2 } },
    )
    append(journal, 1, 6)
    await until(() => consumer.status.pending === 0)
    journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
    await until(() => stopped !== undefined)
    await stopped
    assert.equal(consumer.status.replayed, 2)
    assert.deepEqual(
      journal.replays().map(({ next, last }) => [next, last]),
      [[3, 6]],
    )
  })

  test('new batches and replays take turns', async () => {
    const journal = newJournal()
    const turns: boolean[] = []
    const again: number[] = []
    append(journal, 1, 1)
    journal.join('sink', 'now')
    append(journal, 2, 11)
    journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
    append(journal, 12, 21)
    const consumer = begin(
      journal,
      (batch, delivery) => {
        turns.push(delivery.replay)
        if (delivery.replay) again.push(...batch.map(numberOf))
      },
      { delivery: { maxBatch: 5 } },
    )
    await until(() => consumer.status.pending === 0 && journal.replays().length === 0)
    assert.deepEqual(turns, [false, true, false, true, false, true, false])
    assert.deepEqual(again, range(1, 11), 'what came after it was asked for is not replayed')
  })

  test('halves find what a replay cannot deliver', async () => {
    const journal = newJournal()
    const again: number[] = []
    const consumer = begin(
      journal,
      (batch, delivery) => {
        if (!delivery.replay) return
        if (batch.some(event => numberOf(event) === 6)) throw new Error('poison')
        again.push(...batch.map(numberOf))
      },
      { delivery: { maxAttempts: 2, maxBatch: 8 } },
    )
    append(journal, 1, 12)
    await until(() => consumer.status.pending === 0)
    journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
    await until(() => journal.replays().length === 0)
    assert.deepEqual(again, [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])
    assert.deepEqual([consumer.status.replayed, consumer.status.replayRejected, consumer.status.dead], [11, 1, 0])
  })
})

describe('what the journal let go of', () => {
  const maxBytes = 1.5 * 1024 ** 2

  test('is expired as soon as it is gone, while the sink is down; pending is less by as much', async () => {
    const journal = newJournal({ maxBytes })
    let release: (() => void) | undefined
    let batches = 0
    const got: number[] = []
    const errors: string[] = []
    const consumer = begin(
      journal,
      async batch => {
        got.push(...batch.map(numberOf))
        if (++batches > 2) return
        await new Promise<void>(resolve => {
          release = resolve
        })
      },
      { delivery: { maxBatch: 3 }, log: { ...quiet, error: text => void errors.push(text) } },
    )
    let before = 0
    for (let n = 1; n <= 150; n += 1) {
      noise(journal, n, 20_000)
      await turn()
      const { expired, pending } = consumer.status
      assert.ok(expired >= before)
      assert.ok(pending >= 0)
      before = expired
      balanced(journal, consumer)
    }
    assert.ok(before > 50, `${before}`)
    assert.equal(journal.cursor('sink').counts.expired, 0, 'it is not committed yet')
    assert.equal(errors.length, 1, 'once a minute at most')
    assert.match(errors[0] ?? '', /^\d+ events are lost to this sink/)
    release?.()
    await until(() => batches === 2)
    assert.ok(consumer.status.expired >= before, 'what it has come to is not committed yet, and stays expired')
    balanced(journal, consumer)
    release?.()
    await until(() => consumer.status.pending === 0)
    const lost = range(1, 150).filter(n => !got.includes(n))
    assert.deepEqual([consumer.status.expired, journal.cursor('sink').counts.expired], [lost.length, lost.length])
    assert.ok(
      lost.every((n, i) => i === 0 || n === (lost[i - 1] ?? 0) + 1),
      'one hole, behind what it had',
    )
    balanced(journal, consumer)
  })

  test('a batch that waits for more hands over first; what is skipped and what expired are told apart in halves', async () => {
    const journal = newJournal({ maxBytes })
    const delivered: number[] = []
    const delivery = { maxBatch: 100, linger: 1e9, maxAttempts: 1 }
    const consumer = begin(
      journal,
      batch => {
        if (batch.some(event => numberOf(event) === 150)) throw new Error('poison')
        delivered.push(...batch.map(numberOf))
      },
      { delivery, matches: event => numberOf(event) % 5 === 0 || numberOf(event) === 1 },
    )
    noise(journal, 1, 20_000)
    await until(() => consumer.status.state === 'lingering')
    for (let n = 2; n <= 150; n += 1) noise(journal, n, 20_000)
    await until(() => consumer.status.delivered === 1)
    await until(() => consumer.status.state === 'lingering')
    const first = journal.oldest
    await consumer.stop(never)
    const second = begin(
      journal,
      batch => {
        if (batch.some(event => numberOf(event) === 150)) throw new Error('poison')
        delivered.push(...batch.map(numberOf))
      },
      { delivery: { ...delivery, linger: 0 }, matches: event => numberOf(event) % 5 === 0 || numberOf(event) === 1 },
    )
    await until(() => second.status.pending === 0)
    const there = range(first, 150)
    const taken = there.filter(n => n % 5 === 0 && n !== 150)
    assert.deepEqual(delivered, [1, ...taken])
    const { skipped, expired, dead } = second.status
    assert.deepEqual({ skipped, expired, dead }, { skipped: there.length - taken.length - 1, expired: first - 2, dead: 1 })
    balanced(journal, second)
  })

  test('what was to come again and is gone after a restart is expired', async () => {
    const journal = newJournal({ maxBytes })
    const first = begin(
      journal,
      (batch, delivery) => {
        for (const event of batch) delivery.retry(event)
      },
      { backoff: [1e6, 1e6] },
    )
    noise(journal, 1, 20_000)
    journal.acknowledge('sink', { ...none, seq: 1, retry: [1] })
    await first.stop(AbortSignal.abort())
    for (let n = 2; n <= 150; n += 1) noise(journal, n, 20_000)
    const got: number[] = []
    const errors: string[] = []
    const second = begin(journal, batch => void got.push(...batch.map(numberOf)), {
      log: { ...quiet, error: text => void errors.push(text) },
    })
    await until(() => second.status.pending === 0)
    assert.deepEqual(got, range(journal.oldest, 150))
    assert.equal(second.status.expired, journal.oldest - 1)
    assert.deepEqual(journal.cursor('sink').retry, [])
    assert.equal(errors.length, 1)
    balanced(journal, second)
  })
})

const none = { counts: { skipped: 0, delivered: 0, expired: 0 }, rejected: [], state: new Map<string, undefined>() }
