// What the source relies on, asked of a real API server.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { connectCluster } from '../../src/cluster/connect.ts'
import { decodeRecord } from '../../src/event.ts'
import { createFilter } from '../../src/filter/decide.ts'
import { openJournal } from '../../src/journal/sqlite.ts'
import { Pipeline } from '../../src/pipeline.ts'
import type { SourceOptions } from '../../src/source/source.ts'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster, type User } from './harness/cluster.ts'

const identity = { name: 'real', uid: 'c' }
const timing = { watchSeconds: [60, 60], watchSlack: 10_000, silence: 300, backoff: [20, 200] } as const

/** Source, filter and a journal in memory. */
class Reading implements AsyncDisposable {
  readonly journal = openJournal({ file: ':memory:', decode: line => decodeRecord(line, identity) })
  readonly warnings: string[] = []
  /** How often a single event was asked for. */
  questions = 0
  /** Called before each further page is asked for. */
  onNextPage: () => Promise<unknown> = async () => {}
  readonly #cluster: RealCluster
  readonly #user: User | undefined
  readonly #stop = new AbortController()
  #end = async () => {}
  #pipeline: Pipeline | undefined

  constructor(cluster: RealCluster, user?: User) {
    this.#cluster = cluster
    this.#user = user
  }

  async start(options: Partial<SourceOptions> = {}): Promise<void> {
    const connected = await connectCluster({ kubeconfig: this.#cluster.kubeconfig(this.#user) })
    const cluster: Cluster = {
      ...connected,
      request: async (path, request) => {
        if (request?.query?.continue !== undefined) await this.onNextPage()
        if (`${request?.query?.fieldSelector}`.includes('metadata.name=')) this.questions++
        return connected.request(path, request)
      },
      close: () => connected.close(),
    }
    const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void this.warnings.push(text) }
    const filter = createFilter({}, [], assert.fail)
    const source = { include: [], ...options }
    const parts = { cluster, identity, source, startFrom: 'all' as const, filter, journal: this.journal, consumers: [], log, timing }
    this.#pipeline = new Pipeline(parts)
    const running = this.#pipeline.run(this.#stop.signal)
    this.#end = async () => {
      this.#stop.abort()
      await running
      await cluster.close()
    }
  }

  get stream() {
    const [stream] = this.#pipeline?.source.streams ?? []
    return stream ?? assert.fail('not started')
  }

  get events() {
    return this.journal.read(0, 1_000_000).events
  }

  get names(): readonly string[] {
    return this.events.map(({ name }) => name)
  }

  came(name: string): Promise<void> {
    return waitFor(`${name} to come`, () => this.names.includes(name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.journal.close()
  }
}

suite('the source and a real API server', { skip: missing('kube-apiserver', 'etcd', 'openssl'), timeout: 180_000 }, () => {
  let cluster: RealCluster

  async function create(name: string, kind = 'Pod'): Promise<void> {
    const { status, body } = await cluster.client.post('/api/v1/namespaces/default/events', {
      metadata: { name, namespace: 'default' },
      involvedObject: { kind, namespace: 'default', name: 'p' },
      reason: 'Tried',
      reportingComponent: 'tester',
    })
    assert.equal(status, 201, JSON.stringify(body))
  }

  before(async () => {
    cluster = await RealCluster.start({ separateEvents: true })
  })
  after(() => cluster?.stop())

  test('a first list that is overtaken by a compaction begins again, and loses nothing', async () => {
    for (let i = 0; i < 501; i++) await create(`page-${String(i).padStart(4, '0')}`)
    await using reading = new Reading(cluster)
    reading.onNextPage = async () => {
      reading.onNextPage = async () => {}
      await create('before-the-second-page')
      await cluster.compact()
    }
    await reading.start()
    await reading.came('page-0500')
    assert.equal(reading.stream.lists, 2)
    assert.deepEqual(reading.journal.gaps, [])
    const { names } = reading
    assert.ok(names.includes('before-the-second-page'))
    assert.equal(new Set(names).size, names.length)
    assert.equal(names.filter(name => name.startsWith('page-')).length, 501)
  })

  test('core/v1 is read by who has no right to events.k8s.io; who has none is told which', async () => {
    const token = async (name: string, apiGroup: string, verbs: readonly string[]) => {
      const account = await cluster.serviceAccount(name, [{ apiGroups: [apiGroup], resources: ['events'], verbs }])
      return { token: cluster.credentials.serviceAccountToken(account, new Date(Date.now() + 600_000)) }
    }
    await create('for-all')
    await using core = new Reading(cluster, await token('core-only', '', ['list', 'watch']))
    await core.start()
    await core.came('for-all')
    assert.equal(core.stream.group, 'v1')
    await using none = new Reading(cluster, await token('lists-only', 'events.k8s.io', ['list']))
    await none.start()
    await none.came('for-all')
    await waitFor('the refusal', () => none.stream.failing !== undefined)
    const rights = 'grant watch events in apiGroup "events.k8s.io" in all namespaces, or watch events in apiGroup "" in all namespaces'
    await waitFor('the missing right to be named', () => none.warnings.some(text => text.includes(rights)))
  })

  test('a silent watch is left alone, selectors stand beside the name that is asked for, and a lost etcd is found out', async () => {
    await using reading = new Reading(cluster)
    await create('a')
    await create('other', 'Node')
    await reading.start({ fieldSelector: 'involvedObject.kind=Pod,metadata.name!=x,source!=y' })
    await create('b')
    await reading.came('b')
    await waitFor('a few questions', () => reading.questions > 3)
    assert.deepEqual([reading.stream.lists, reading.stream.watches, reading.journal.gaps], [1, 1, []])
    await cluster.wipeEvents()
    await waitFor('another epoch', () => reading.stream.position.epoch === 2)
    // For a while the API server goes on with a lease that its etcd has lost, and refuses.
    await waitFor('an event to be taken', () =>
      create('a').then(
        () => true,
        () => false,
      ),
    )
    await waitFor('a again', () => reading.names.filter(name => name === 'a').length === 2)
    assert.match(reading.events.at(-1)?.id ?? '', /@2$/)
    assert.deepEqual(
      reading.journal.gaps.map(({ cause }) => cause),
      ['replaced'],
    )
    assert.ok(!reading.names.includes('other'))
  })
})
