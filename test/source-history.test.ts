// Whatever happens at the API server and on the way, what the source makes of it is compared with a model: what was written.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeEvent } from '@kec/plugin-api'
import fc from 'fast-check'
import type { Cluster } from '../src/cluster/cluster.ts'
import { connectCluster } from '../src/cluster/connect.ts'
import { decodeRecord } from '../src/event.ts'
import { createFilter } from '../src/filter/decide.ts'
import type { Journal } from '../src/journal/journal.ts'
import { openJournal } from '../src/journal/sqlite.ts'
import { Pipeline } from '../src/pipeline.ts'
import type { Asked } from '../src/sandbox/faults.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts'
import { until } from '../src/source/fixture.ts'
import type { Position } from '../src/source/read.ts'

const timing = { watchSeconds: [1, 2], watchSlack: 5_000, silence: 20, backoff: [1, 8] } as const
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const identity = Object.freeze({ name: 'sandbox', uid: 'cluster' })

const folder = mkdtempSync(join(tmpdir(), 'kec-history-'))
after(() => rmSync(folder, { recursive: true }))

interface Written {
  readonly uid: string
  readonly version: string
  readonly name: string
}

/** The API server, and what was written to it. */
class World {
  readonly sandbox: Sandbox
  readonly written: Written[] = []
  /** What really happened under each name. */
  readonly occurrences = new Map<string, number>()
  readonly counts = new Map<string, number>()
  /** A version may have been overwritten unseen: the history was compacted, or three faults in a row made the source list again. */
  obscured = false
  /** Faults that count as strikes. */
  strikes = 0

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
  }

  create(name: string, count: number, occurrences = count): void {
    const now = `${new Date().toISOString().slice(0, 19)}Z`
    this.#note(name, this.sandbox.store.create({ metadata: { name }, count, firstTimestamp: now, lastTimestamp: now, reason: name }))
    this.counts.set(name, count)
    this.occurrences.set(name, (this.occurrences.get(name) ?? 0) + occurrences)
  }

  update(name: string, more: number): void {
    const count = (this.counts.get(name) ?? 0) + more
    this.#note(name, this.sandbox.store.update(name, { count, message: `${this.written.length}` }))
    this.counts.set(name, count)
    this.occurrences.set(name, (this.occurrences.get(name) ?? 0) + more)
  }

  #note(name: string, { metadata: { uid, resourceVersion } }: { metadata: { uid: string; resourceVersion: string } }): void {
    this.written.push({ uid, version: resourceVersion, name })
  }
}

const names = ['a', 'b', 'c', 'd']
const nameOf = fc.constantFrom(...names)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('create' as const), name: nameOf, count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('update' as const), name: nameOf, more: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), names: fc.subarray(names, { minLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('re-create' as const), name: nameOf }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut and compact' as const), with: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('journal full' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rewind' as const), changes: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), bytes: fc.integer({ min: 0, max: 2000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('garbage' as const),
      bytes: fc.constantFrom('{"type":"ADD\n', '<html>\n', '{"type":"ADDED"}\n', '\u0000\n'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('error' as const),
      code: fc.constantFrom(410, 500, 504),
      after: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      code: fc.constantFrom(410, 429, 500, 503, 403),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), times: fc.integer({ min: 1, max: 3 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Dropped by the filter; the ledger must know it all the same. */
const dropped = 'd'

/** kec's part: source, filter and journal. */
class Run {
  /** So many appends fail. */
  refusals = 0
  pipeline!: Pipeline // start() sets it
  readonly #cluster: Cluster
  readonly #journal: Journal
  #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #killed = false

  constructor(cluster: Cluster, journal: Journal) {
    this.#cluster = cluster
    this.#journal = journal
  }

  start(): void {
    this.#stop = new AbortController()
    this.#killed = false
    const filter = createFilter({ drop: { reason: dropped } }, [], assert.fail)
    const parts = { cluster: this.#cluster, identity, source: { include: [] }, startFrom: 'all' as const, filter }
    this.pipeline = new Pipeline({ ...parts, journal: this.#faulty(), log: quiet, timing })
    this.#running = this.pipeline.run(this.#stop.signal)
  }

  /** The real journal; it refuses appends on demand, and whoever is killed stores nothing more. */
  #faulty(): Journal {
    return new Proxy(this.#journal, {
      get: (journal, key) => {
        const value: unknown = Reflect.get(journal, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (this.#killed && key === 'saveLedger') return
          if (key === 'append' && (this.#killed || this.refusals-- > 0)) throw new Error('no space left')
          return value.apply(journal, args)
        }
      },
    })
  }

  async kill(): Promise<void> {
    this.#killed = true
    await this.stop()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.relists += this.#relistsNow()
  }

  /** Of all runs so far. */
  relists = 0

  #relistsNow(): number {
    return Object.values(this.pipeline.source.streams[0]?.relists ?? {}).reduce((sum, n) => sum + n, 0)
  }

  async listed(): Promise<void> {
    await until('the first list', () => this.pipeline.source.streams[0]?.listed)
  }

  /** Until the journal has what the API server has. */
  async settle(world: World): Promise<void> {
    const version = () => (this.#journal.position('*') as Position | undefined)?.version // the source wrote it
    await until('what the API server has', () => BigInt(version() || 0) >= BigInt(world.sandbox.store.head))
  }
}

async function perform(steps: readonly Step[], world: World, run: Run): Promise<void> {
  const { sandbox } = world
  const { faults, store } = sandbox
  const watches = { when: ({ verb }: Asked) => verb === 'watch' }
  const ofEvents = { when: ({ resource }: Asked) => resource === 'events' }
  for (const step of steps) {
    switch (step.do) {
      case 'create':
        // Under a name that was there before, a greater count would be taken for the old one going on.
        if (!store.get(step.name)) world.create(step.name, world.counts.has(step.name) ? 1 : step.count)
        break
      case 'update':
        if (store.get(step.name)) world.update(step.name, step.more)
        break
      case 'delete':
        store.delete(step.names)
        break
      case 're-create': {
        // As a recorder does: the old count + 1. A count of 1 leaves no trace by which to know it again.
        const count = world.counts.get(step.name) ?? 1
        if (count === 1 || !store.get(step.name)) break
        store.delete(step.name)
        world.create(step.name, count + 1, 1)
        break
      }
      case 'settle':
        await run.settle(world)
        break
      case 'restart':
        await run.stop()
        run.start()
        break
      case 'kill':
        await run.kill()
        run.start()
        break
      case 'journal full':
        run.refusals = step.times
        break
      case 'cut':
        for (const watch of sandbox.watches) watch.cut()
        break
      case 'cut and compact':
        for (const watch of sandbox.watches) watch.cut()
        for (const name of names.slice(0, step.with)) if (store.get(name)) world.update(name, 1)
        sandbox.compact()
        world.obscured = true
        break
      case 'rewind':
        faults.inject({ kind: 'rewind', changes: step.changes }, watches)
        break
      case 'truncate':
        faults.inject({ kind: 'truncate', bytes: step.bytes }, ofEvents)
        break
      case 'garbage':
        world.strikes++
        faults.inject({ kind: 'garbage', bytes: step.bytes }, ofEvents)
        break
      case 'error':
        world.strikes++
        if (step.code === 410) world.obscured = true
        faults.inject({ kind: 'error', code: step.code, after: step.after }, watches)
        break
      case 'answer':
        if (step.code === 410) world.obscured = true
        faults.inject({ kind: 'answer', code: step.code }, { ...ofEvents, times: step.times })
        break
      case 'drop':
        faults.inject({ kind: 'drop' }, { ...ofEvents, times: step.times })
    }
  }
}

function verify(world: World, journal: Journal): void {
  const events: readonly KubeEvent[] = journal.read(0, 100_000).events
  const key = (uid: string, version: string) => `${uid}/${version}`
  const got = events.map(event => key(event.uid, event.resourceVersion))
  const kept = world.written.filter(({ name }) => name !== dropped)
  const wrote = kept.map(({ uid, version }) => key(uid, version))
  assert.equal(new Set(got).size, got.length, 'no version comes twice')
  for (const one of got) assert.ok(wrote.includes(one), 'nothing is invented')
  if (!world.obscured) assert.deepEqual(new Set(got), new Set(wrote), 'every version came')
  for (const { metadata } of world.sandbox.store.list()) {
    if (metadata.name !== dropped)
      assert.ok(got.includes(key(metadata.uid, metadata.resourceVersion)), `the last version of ${metadata.name} came`)
  }
  const last = new Map<string, string>()
  for (const { uid, resourceVersion } of events) {
    assert.ok(BigInt(resourceVersion) > BigInt(last.get(uid) ?? 0), 'the versions of an event come in order')
    last.set(uid, resourceVersion)
  }
  for (const [name, real] of world.occurrences) {
    if (name === dropped) continue
    const sum = events.filter(event => event.name === name).reduce((total, event) => total + event.occurrences, 0)
    if (world.obscured) assert.ok(sum <= real, `${name} happened ${real} times, not ${sum}`)
    else assert.equal(sum, real, `${name} happened ${real} times`)
  }
  const { added = 0, modified = 0, listed = 0, duplicates = 0, journaled = 0, 'filtered:drop': filtered = 0 } = journal.counts
  assert.equal(added + modified + listed, duplicates + filtered + journaled, 'the books balance')
  if (!world.obscured) assert.equal(filtered, world.written.length - kept.length, 'what is filtered is not seen twice')
}

let cluster: Cluster
let sandbox: Sandbox

before(async () => {
  sandbox = await startSandbox()
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig)
  cluster = await connectCluster({ kubeconfig })
})
after(async () => {
  await cluster.close()
  await sandbox.close()
})

test('any history, cut anywhere, comes once and in order', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      sandbox.store.delete(sandbox.store.list().map(event => event.metadata.name))
      sandbox.faults.clear()
      const world = new World(sandbox)
      const journal = openJournal({ file: ':memory:', decode: line => decodeRecord(line, identity) })
      const run = new Run(cluster, journal)
      run.start()
      try {
        await run.listed()
        await perform(steps, world, run)
        sandbox.faults.clear()
        for (const name of names) if (sandbox.store.get(name)) world.update(name, 1)
        await run.settle(world)
        await run.stop()
        if (run.relists > 0) {
          assert.ok(world.obscured || world.strikes >= 3, 'it lists again only for a reason')
          world.obscured = true
        }
        verify(world, journal)
      } finally {
        await run.stop()
        journal.close()
      }
    }),
    { numRuns: Number(process.env.KEC_HISTORIES ?? 150) },
  )
})
