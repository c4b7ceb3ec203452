import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json } from '@kec/plugin-api'
import fc from 'fast-check'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import type { Counts, Cursor, Journal, Replay } from './journal.ts'
import { openJournal } from './sqlite.ts'

const streams = ['a', 'b'] as const
const names = ['log', 'metrics', 'late'] as const
type Stream = (typeof streams)[number]
type Name = (typeof names)[number]

interface Letter {
  readonly reason: string
  readonly attempts: number
  readonly redriven: boolean
}

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
  readonly dead = new Map<Name, Map<number, Letter>>()

  readonly replays = new Map<Name, Replay>()

  letters(name: Name): Map<number, Letter> {
    const letters = this.dead.get(name) ?? new Map<number, Letter>()
    this.dead.set(name, letters)
    return letters
  }

  /** Notes how the counts of a consumer change, and counts its dead letters anew. */
  move(name: Name, changes: Partial<Omit<Cursor, 'counts' | 'dead'>>, counts: Partial<Cursor['counts']> = {}): void {
    const before = this.cursors.get(name) ?? assert.fail(name)
    const sums = { ...before.counts }
    for (const key of ['skipped', 'delivered', 'discarded', 'expired'] as const) sums[key] += counts[key] ?? 0
    const redriven = [...this.letters(name).values()].filter(letter => letter.redriven).length
    this.cursors.set(name, { ...before, ...changes, counts: sums, dead: { lying: this.letters(name).size - redriven, redriven } })
  }

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

function partsOf({ reason, attempts, redriven }: Letter): Letter {
  return { reason, attempts, redriven }
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
    assert.deepEqual(journal.replays(name), [...(model.replays.has(name) ? [model.replays.get(name)] : [])])
    const letters = [...model.letters(name)].sort(([a], [b]) => a - b)
    assert.deepEqual(
      [...journal.deadLetters({ consumer: name })].map(letter => [letter.seq, numberOf(letter.event), partsOf(letter)]),
      letters.map(([one, letter]) => [one, one, partsOf(letter)]),
    )
    assert.deepEqual(
      journal.redriven(name, 0, 3).map(one => [one.seq, numberOf(one.event)]),
      letters.flatMap(([one, { redriven }]) => (redriven ? [[one, one]] : [])).slice(0, 3),
    )
  }
  const all = names.toSorted().flatMap(name => [...model.letters(name).keys()].sort((a, b) => a - b).map(one => [name, one]))
  assert.deepEqual(
    [...journal.deadLetters()].map(({ consumer, seq }) => [consumer, seq]),
    all,
  )
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
      for (const { seq: one, reason, attempts } of rejected) model.letters(name).set(one, { reason, attempts, redriven: false })
      model.move(name, { seq, retry }, counts)
      const kept = model.states.get(name)
      for (const [key, value] of changes) {
        if (value === undefined) kept?.delete(key)
        else kept?.set(key, value)
      }
      agrees(model, real)
    }),
  )

const half = fc.oneof(fc.constant('all' as const), fc.constantFrom(0, 1))

/** The numbers that are meant: all, or every other one and one that is not there. */
function some(letters: ReadonlyMap<number, Letter>, which: 'all' | number): { asked: number[] | 'all'; meant: number[] } {
  const all = [...letters.keys()]
  if (which === 'all') return { asked: 'all', meant: all }
  const meant = all.filter((_, index) => index % 2 === which)
  return { asked: [...meant, 1_000_000], meant }
}

const redrive = fc.record({ name: fc.constantFrom(...names), which: half }).map(({ name, which }) =>
  command(`redrive ${name} ${which}`, (model, real) => {
    if (!model.cursors.has(name)) return
    const letters = model.letters(name)
    const { asked, meant } = some(letters, which)
    const moved = meant.filter(one => letters.get(one)?.redriven === false)
    assert.equal(real.journal.redrive(name, asked), moved.length)
    for (const one of moved) letters.set(one, { ...(letters.get(one) ?? assert.fail()), redriven: true })
    model.move(name, {})
    agrees(model, real)
  }),
)

const discard = fc.record({ name: fc.constantFrom(...names), which: half }).map(({ name, which }) =>
  command(`discard ${name} ${which}`, (model, real) => {
    if (!model.cursors.has(name)) return
    const letters = model.letters(name)
    const { asked, meant } = some(letters, which)
    assert.equal(real.journal.discard(name, asked), meant.length)
    for (const one of meant) letters.delete(one)
    model.move(name, {}, { discarded: meant.length })
    agrees(model, real)
  }),
)

/** Of what was handed over again, some is delivered, some rejected, some comes again; some were discarded meanwhile. */
const settle = fc
  .record({
    name: fc.constantFrom(...names),
    fates: fc.array(fc.constantFrom('delivered', 'rejected', 'again'), { minLength: 1, maxLength: 4 }),
  })
  .map(({ name, fates }) =>
    command(`settle what ${name} was to get again as ${fates}`, (model, real) => {
      const cursor = model.cursors.get(name)
      if (cursor === undefined) return
      const letters = model.letters(name)
      const known = [...letters.keys()]
      const fateOf = (index: number) => fates[index % fates.length]
      const delivered = known.filter((_, index) => fateOf(index) === 'delivered')
      const rejected = known.filter((_, index) => fateOf(index) === 'rejected').map(one => ({ seq: one, reason: 'again', attempts: 9 }))
      const there = known.filter(one => letters.get(one)?.redriven)
      // Only redriven ones are handed over; the others were discarded and are no longer there.
      const asked = {
        delivered: [...delivered.filter(one => there.includes(one)), 1_000_000],
        rejected: [...rejected, { seq: 1_000_001, reason: '', attempts: 1 }],
      }
      const { seq, retry } = cursor
      real.journal.acknowledge(name, {
        seq,
        retry,
        counts: { skipped: 0, delivered: 0, expired: 0 },
        rejected: [],
        redriven: asked,
        state: new Map(),
      })
      for (const one of delivered) if (there.includes(one)) letters.delete(one)
      for (const { seq: one, reason, attempts } of rejected)
        if (there.includes(one)) letters.set(one, { reason, attempts, redriven: false })
      model.move(name, {}, { delivered: delivered.filter(one => there.includes(one)).length })
      agrees(model, real)
    }),
  )

const replay = fc.record({ name: fc.constantFrom(...names), by: fc.integer({ min: 0, max: 900 }) }).map(({ name, by }) =>
  command(`replay for ${name}, and ${by} numbers of it`, (model, real) => {
    const cursor = model.cursors.get(name)
    if (cursor === undefined) return
    const { journal } = real
    if (journal.replays(name).length === 0)
      assert.equal(journal.replay({ consumer: name, since: new Date(0), rules: { reason: 'x' } }), model.events.length)
    const [open] = journal.replays(name)
    if (open === undefined) return assert.equal(model.events.length, 0)
    assert.deepEqual(open.rules, { reason: 'x' })
    const next = Math.min(open.next + by, open.last + 1)
    const { seq, retry, replayed } = cursor
    const counts = { skipped: 0, delivered: 0, expired: 0 }
    const moved = { id: open.id, next, delivered: next - open.next, rejected: 1 }
    journal.acknowledge(name, { seq, retry, counts, rejected: [], replay: moved, state: new Map() })
    model.move(name, { replayed: { delivered: replayed.delivered + next - open.next, rejected: replayed.rejected + 1 } })
    if (next > open.last) model.replays.delete(name)
    else model.replays.set(name, { ...open, next })
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
    fc.property(
      fc.commands([append, read, joining, acknowledge, redrive, discard, settle, replay, ledger, reopen], { maxCommands: 60, size: 'max' }),
      commands => {
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
      },
    ),
    { numRuns: 50 },
  )
})
