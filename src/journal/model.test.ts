import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json } from '@kec/plugin-api'
import fc from 'fast-check'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import type { Counts, Cursor, Journal } from './journal.ts'
import { openJournal } from './sqlite.ts'

const streams = ['a', 'b'] as const
const names = ['log', 'metrics', 'late'] as const
type Stream = (typeof streams)[number]
type Name = (typeof names)[number]

/** What the journal must hold, as plainly as can be said. */
class Model {
  /** The stream of each event; the event's number is its place + 1. */
  readonly events: Stream[] = []
  readonly counts: Counts = { journaled: 0 }
  readonly positions = new Map<Stream, Json>()
  /** What each stream committed since its snapshot: numbers of events, and ledger entries. */
  readonly ledgers = new Map<Stream, { snapshot: string | undefined; since: (number | string)[] }>()
  readonly cursors = new Map<Name, Cursor>()
  readonly states = new Map<Name, Map<string, Json>>()

  ledger(stream: Stream) {
    const ledger = this.ledgers.get(stream) ?? { snapshot: undefined, since: [] }
    this.ledgers.set(stream, ledger)
    return ledger
  }
}

interface Real {
  journal: Journal
  reopen(): void
}

type Command = fc.Command<Model, Real>

function command(text: string, run: (model: Model, real: Real) => void): Command {
  return { check: () => true, run, toString: () => text }
}

function newCursor(from: number): Cursor {
  const counts = { skipped: 0, delivered: 0, discarded: 0, expired: 0 }
  return { joined: from, seq: from, retry: [], counts, dead: { lying: 0, redriven: 0 }, replayed: { delivered: 0, rejected: 0 } }
}

/** Everything that can be asked of the journal. */
function agrees(model: Model, { journal }: Real): void {
  assert.equal(journal.head, model.events.length)
  assert.deepEqual({ journaled: 0, ...journal.counts }, model.counts)
  for (const stream of streams) assert.deepEqual(journal.position(stream), model.positions.get(stream))
  for (const [name, cursor] of model.cursors) {
    const { seq, joined, retry, counts, dead } = cursor
    assert.equal(
      seq - joined,
      counts.skipped + counts.delivered + dead.lying + dead.redriven + counts.discarded + counts.expired + retry.length,
    )
    assert.deepEqual(journal.join(name, 'now'), cursor)
    assert.deepEqual(new Map(journal.state(name)), model.states.get(name))
  }
}

const append = fc
  .record({
    stream: fc.constantFrom(...streams),
    count: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 5 }) }, { weight: 1, arbitrary: fc.constantFrom(300, 2_500) }),
    pad: fc.constantFrom(0, 2_000),
    ledger: fc.constantFrom('', 'entry', 'a longer entry'),
    duplicates: fc.nat(3),
  })
  .map(({ stream, count, pad, ledger, duplicates }) =>
    command(`append ${count} (pad ${pad}) of ${stream}, ledger "${ledger}", ${duplicates} duplicates`, (model, real) => {
      const from = model.events.length + 1
      const records = Array.from({ length: count }, (_, index) => record(from + index, pad))
      const position = { at: from + count }
      real.journal.append({ stream, records, position, ledger, counts: { added: count, duplicates } })
      for (const { event } of records) {
        model.events.push(stream)
        model.ledger(stream).since.push(numberOf(event))
      }
      if (ledger !== '') model.ledger(stream).since.push(ledger)
      model.positions.set(stream, position)
      const { added = 0, duplicates: known = 0 } = model.counts
      Object.assign(model.counts, { added: added + count, duplicates: known + duplicates, journaled: model.events.length })
      agrees(model, real)
    }),
  )

const read = fc
  .record({ after: fc.double({ min: 0, max: 1, noNaN: true }), limit: fc.integer({ min: 1, max: 900 }) })
  .map(({ after, limit }) =>
    command(`read ${limit} at ${after}`, (model, { journal }) => {
      const from = Math.floor(after * model.events.length)
      const run = journal.read(from, limit)
      const expected = Array.from({ length: Math.min(limit, model.events.length - from) }, (_, index) => from + 1 + index)
      assert.equal(run.first, from + 1)
      assert.deepEqual(run.events.map(numberOf), expected)
      const some = expected.filter(seq => seq % 7 === 0)
      assert.deepEqual(
        journal.pick(some).map(({ seq, event }) => [seq, numberOf(event)]),
        some.map(seq => [seq, seq]),
      )
    }),
  )

const joining = fc.record({ name: fc.constantFrom(...names), at: fc.constantFrom('now', 'beginning') }).map(({ name, at }) =>
  command(`join ${name} ${at}`, (model, real) => {
    const from = at === 'now' ? model.events.length : 0
    const cursor = model.cursors.get(name) ?? newCursor(from)
    assert.deepEqual(real.journal.join(name, at), cursor)
    model.cursors.set(name, cursor)
    model.states.set(name, model.states.get(name) ?? new Map())
  }),
)

const acknowledge = fc
  .record({
    name: fc.constantFrom(...names),
    far: fc.integer({ min: 0, max: 600 }),
    fates: fc.array(fc.constantFrom('skipped', 'delivered', 'rejected', 'retry'), { minLength: 1, maxLength: 5 }),
    state: fc.array(fc.tuple(fc.constantFrom('k', 'l'), fc.option(fc.jsonValue(), { nil: undefined })), { maxLength: 2 }),
  })
  .map(({ name, far, fates, state }) =>
    command(`acknowledge ${name} ${far} as ${fates}, state ${JSON.stringify(state)}`, (model, real) => {
      const before = model.cursors.get(name)
      if (before === undefined) return
      const seq = Math.min(before.seq + far, model.events.length)
      const settled = [...before.retry, ...Array.from({ length: seq - before.seq }, (_, index) => before.seq + 1 + index)]
      const fateOf = (index: number) => fates[index % fates.length] ?? 'delivered'
      const retry = settled.filter((_, index) => fateOf(index) === 'retry')
      const rejected = settled
        .filter((_, index) => fateOf(index) === 'rejected')
        .map(one => ({ seq: one, reason: `r${far}`, attempts: far }))
      const counts = { skipped: 0, delivered: 0, expired: 0 }
      for (const index of settled.keys()) {
        const fate = fateOf(index)
        if (fate === 'skipped' || fate === 'delivered') counts[fate] += 1
      }
      // As it is after a restart: -0 is 0.
      const changes = new Map(
        state.map(([key, value]) => [key, value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Json)]),
      )
      real.journal.acknowledge(name, { seq, retry, counts, rejected, state: changes })
      const { skipped, delivered } = before.counts
      const sums = { ...before.counts, skipped: skipped + counts.skipped, delivered: delivered + counts.delivered }
      const dead = { ...before.dead, lying: before.dead.lying + rejected.length }
      model.cursors.set(name, { ...before, seq, retry, counts: sums, dead })
      const kept = model.states.get(name)
      for (const [key, value] of changes) {
        if (value === undefined) kept?.delete(key)
        else kept?.set(key, value)
      }
      agrees(model, real)
    }),
  )

const ledger = fc.record({ stream: fc.constantFrom(...streams), save: fc.boolean() }).map(({ stream, save }) =>
  command(`${save ? 'save' : 'read'} the ledger of ${stream}`, (model, { journal }) => {
    const expected = model.ledger(stream)
    const { snapshot, commits } = journal.ledgerTail(stream)
    assert.equal(snapshot && Buffer.from(snapshot).toString(), expected.snapshot)
    const since: (number | string)[] = []
    for (const { events, ledger: entries } of commits) {
      since.push(...events.map(numberOf))
      if (entries !== '') since.push(entries)
    }
    assert.deepEqual(since, expected.since)
    if (!save) return
    const saved = `${stream} at ${model.events.length}`
    journal.saveLedger(stream, Buffer.from(saved))
    model.ledgers.set(stream, { snapshot: saved, since: [] })
  }),
)

const reopen = fc.constant(
  command('reopen', (model, real) => {
    real.reopen()
    agrees(model, real)
  }),
)

test('whatever is done with it, the journal holds what a simple model holds', context => {
  const folder = folderWith(context, {})
  let run = 0
  fc.assert(
    fc.property(fc.commands([append, read, joining, acknowledge, ledger, reopen], { maxCommands: 60, size: 'max' }), commands => {
      run += 1
      const file = join(folder, `${run}.db`)
      const real: Real = {
        journal: openJournal({ file, decode }),
        reopen() {
          this.journal.close()
          this.journal = openJournal({ file, decode })
        },
      }
      try {
        fc.modelRun(() => ({ model: new Model(), real }), commands)
      } finally {
        real.journal.close()
      }
    }),
    { numRuns: 50 },
  )
})
