// Whatever happens to a sink and its journal: the books balance after each step, no counter falls, and nothing is lost without being counted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { KubeEvent } from '@kec/plugin-api'
import fc from 'fast-check'
import { numberOf } from '../../test/events.ts'
import type { Consumer } from './consumer.ts'
import { append, balanced, begin, type Journal, newJournal, noise, type OnEvent, range, stopAll } from './fixture.ts'

const maxBytes = 1.25 * 1024 ** 2

type Action =
  | { readonly do: 'append' | 'press' | 'turn'; readonly count: number }
  | { readonly do: 'redrive' | 'discard'; readonly all: boolean }
  | { readonly do: 'replay'; readonly every: number }
  | { readonly do: 'crash' | 'restart' }

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('press' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('redrive' as const, 'discard' as const), all: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replay' as const), every: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'restart' as const) }) },
)

const fate = fc.constantFrom('deliver', 'deliver', 'deliver', 'deliver', 'reject', 'retry', 'throw')

/** The journal as a process has it that dies: from then on it takes nothing more. */
function mortal(journal: Journal): { readonly journal: Journal; die(): void } {
  let dead = false
  const proxy = new Proxy(journal, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (dead && key === 'acknowledge') throw new Error('this process is dead')
        return value.apply(target, args)
      }
    },
  })
  return {
    journal: proxy,
    die: () => {
      dead = true
    },
  }
}

/** What became of each event, as the sink and the operator saw it. */
class Witness {
  readonly accepted = new Set<number>()
  readonly discarded = new Set<number>()
  crashes = 0
  replays = 0
  #last: Record<string, number> = {}

  accept(n: number): void {
    assert.ok(this.crashes > 0 || !this.accepted.has(n), `${n} came twice`)
    this.accepted.add(n)
  }

  /** Counters only rise, whatever happens. */
  look(journal: Journal, consumer: Consumer): void {
    balanced(journal, consumer)
    const { skipped, delivered, discarded, expired, replayed, replayRejected } = consumer.status
    const now: Record<string, number> = { skipped, delivered, discarded, expired, replayed, replayRejected }
    for (const [name, value] of Object.entries(now))
      assert.ok(value >= (this.#last[name] ?? 0), `${name} fell from ${this.#last[name]} to ${value}`)
    this.#last = now
  }
}

test('delivered, thrown, rejected, retried, redriven, discarded, replayed, expired, crashed: the books balance, nothing is lost unsaid', async () => {
  const seen = { expired: 0, discarded: 0, replayed: 0, dead: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 60 }),
      fc.array(fate, { maxLength: 120 }),
      fc.record({ maxBatch: fc.integer({ min: 1, max: 9 }), maxAttempts: fc.constantFrom(1, 2, 5), skip: fc.integer({ min: 2, max: 8 }) }),
      async (actions, fates, { maxBatch, maxAttempts, skip }) => {
        const journal = newJournal({ maxBytes })
        const witness = new Witness()
        let step = 0
        const matches = (event: KubeEvent) => numberOf(event) % skip !== 0
        const onEventOf =
          (alive: () => boolean): OnEvent =>
          (batch, delivery) => {
            assert.ok(batch.length <= maxBatch)
            assert.ok(batch.every(matches))
            const wishes = batch.map(() => fates[step++] ?? 'deliver')
            const fails = wishes.includes('throw')
            const taken: number[] = []
            batch.forEach((event, i) => {
              if (wishes[i] === 'reject') delivery.reject(event, 'planned')
              else if (wishes[i] === 'retry') delivery.retry(event)
              else if (!fails) taken.push(numberOf(event))
            })
            if (fails) throw new Error('planned')
            if (delivery.replay) witness.replays += taken.length
            else if (alive()) for (const n of taken) witness.accept(n)
          }
        let die = () => {}
        const boot = () => {
          const process = mortal(journal)
          let alive = true
          die = () => {
            alive = false
            process.die()
          }
          const setup = { matches, compile: (rules: unknown) => (event: KubeEvent) => numberOf(event) % Number(rules) === 0 }
          return begin(
            process.journal,
            onEventOf(() => alive),
            { ...setup, delivery: { maxBatch, maxAttempts }, backoff: [0, 0] },
          )
        }
        const letters = () => [...journal.deadLetters()].map(({ seq }) => seq)
        let consumer = boot()
        for (const now of actions) {
          switch (now.do) {
            case 'append':
              append(journal, journal.head + 1, journal.head + now.count)
              break
            case 'press':
              for (let i = 0; i < now.count; i += 1) noise(journal, journal.head + 1, 150_000)
              break
            case 'turn':
              for (let i = 0; i < now.count; i += 1) await turn()
              break
            case 'redrive':
            case 'discard': {
              const some = now.all ? ('all' as const) : letters().filter((_, i) => i % 2 === 0)
              const before = letters()
              journal[now.do]('sink', some)
              for (const n of before) if (!letters().includes(n)) witness.discarded.add(n)
              break
            }
            case 'replay':
              journal.replay({ consumer: 'sink', since: new Date(0), rules: now.every })
              break
            case 'crash':
              die()
              witness.crashes += 1
              void consumer.stop(AbortSignal.abort())
              await turn()
              consumer = boot()
              break
            case 'restart':
              await consumer.stop(new AbortController().signal)
              consumer = boot()
          }
          witness.look(journal, consumer)
        }
        // From now on all is delivered.
        step = Number.POSITIVE_INFINITY
        for (let i = 0; consumer.status.pending > 0 || journal.replays().length > 0; i += 1) {
          assert.ok(i < 10_000, JSON.stringify(consumer.status))
          await turn()
          witness.look(journal, consumer)
        }
        const { status } = consumer
        const lying = new Set(letters())
        const skipped = (n: number) => n % skip === 0
        const gone = range(1, journal.head).filter(
          n => !skipped(n) && !witness.accepted.has(n) && !lying.has(n) && !witness.discarded.has(n),
        )
        assert.ok(gone.length <= status.expired, `${gone} are lost, and ${status.expired} were said to be`)
        if (journal.oldest === 1) assert.equal(status.expired, 0)
        assert.equal(status.dead, lying.size)
        assert.ok(status.replayed <= witness.replays)
        for (const name of ['expired', 'discarded', 'replayed', 'dead'] as const) seen[name] += status[name]
        await consumer.stop(AbortSignal.abort())
        stopAll()
        journal.close()
      },
    ),
    { numRuns: 150 },
  )
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `no run had any that were ${what}: the test shows nothing`)
})
