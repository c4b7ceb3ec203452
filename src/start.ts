import type { Json, Rule } from '@kec/plugin-api'
import { compileRules, type EventTest } from '@kec/plugin-api/host'
import { connectCluster } from './cluster/connect.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Settings } from './config/schema.ts'
import { socketOf } from './control/address.ts'
import { startControl } from './control/server.ts'
import { Consumer } from './delivery/consumer.ts'
import { drain, drainLimit } from './drain.ts'
import { type ClusterIdentity, decodeRecord } from './event.ts'
import { createFilter, type Filter } from './filter/decide.ts'
import { Blocking } from './host/blocking.ts'
import { PluginStrays } from './host/culprit.ts'
import { MetricsRegistry } from './host/metrics.ts'
import { guardProcess } from './host/process-guard.ts'
import { type HostedPlugin, setUpPlugins } from './host/start.ts'
import { identifyPatiently } from './identify.ts'
import type { Io } from './io.ts'
import type { Journal } from './journal/journal.ts'
import { lockLimit, openWhenFree } from './journal/open.ts'
import { watchJournal } from './journal-watch.ts'
import { formFor, type KecLog, openLog } from './log.ts'
import { changesOf } from './operate/changes.ts'
import { reportOfRunning } from './operate/report.ts'
import { type Figures, registerOwnMetrics } from './own-metrics.ts'
import { Pipeline } from './pipeline.ts'
import { startServer } from './server/server.ts'
import { journalFile, loadSettings, type SettingFlags } from './settings.ts'
import { foldCommit } from './source/ledger.ts'
import { showStart } from './start-screen.ts'
import { readiness, statusOf } from './status.ts'
import { onStray } from './strays.ts'

/** Runs kec until it is stopped, and gives the exit code. */
export async function start(flags: SettingFlags, io: Io): Promise<number> {
  const strays = new PluginStrays()
  onStray(error => strays.deal(error))
  guardProcess()
  const { loaded, settings } = await loadSettings(flags, io.env)
  const log = openLog({ level: settings.log.level, ...formFor(io.stderr, io.env), mask: loaded.secrets.mask })
  strays.tellIn(log)
  const cluster = await connectCluster({ kubeconfig: settings.source.kubeconfig, context: settings.source.context })
  const name = settings.cluster ?? cluster.name
  let identity: ClusterIdentity = { name, uid: name }
  const file = journalFile(settings, name, io.env)
  const stop = stopSignal(log)
  const journal = await openWhenFree(
    { file, decode: line => decodeRecord(line, identity), ...settings.journal, fold: foldCommit, warn: log.warn.bind(log) },
    { signal: stop, onWait: ({ message }) => log.warn(`${message} Waiting for it to stop, for ${lockLimit / 1000} s at most.`) },
  )
  if (journal === undefined) return 0
  try {
    identity = journal.cluster ?? identity
    const registry = new MetricsRegistry(log)
    const { consumers, plugins } = await setUp(loaded, name, journal, registry, log)
    const { filter, filterErrors } = filterOf(settings, plugins, log)
    let pipeline: Pipeline | undefined
    const figures = (): Figures => ({
      journal,
      streams: pipeline?.source.streams ?? [],
      consumers: consumers.map(({ status }) => status),
      filterErrors,
    })
    registerOwnMetrics(registry, figures)
    const server = await startServer({
      ...settings.server,
      ready: () => readiness(figures()),
      status: () => statusOf(identity, cluster, figures(), loaded.secrets.mask),
      metrics: () => registry.text(),
      log,
    })
    const answers = {
      status: () => reportOfRunning({ file, identity, cluster, journal, streams: figures().streams, consumers, mask: loaded.secrets.mask }),
      ...changesOf(journal),
    }
    const unwatchJournal = watchJournal(journal, file, log)
    const control = await startControl({ socket: socketOf(file), answers, log })
    try {
      showStart({ loaded, settings, cluster, name, journalFile: file, url: server.url }, io, log)
      if (journal.cluster === undefined) log.info('the journal is new: what the API server holds now is listed', { journal: file })
      const found = await identifyPatiently(cluster, name, journal, stop, log)
      if (found !== undefined) {
        identity = Object.freeze(found)
        const { include = [] } = settings.source.namespaces ?? {}
        const source = { ...settings.source, include }
        pipeline = new Pipeline({ cluster, identity, source, startFrom: settings.source.startFrom, filter, journal, log })
        for (const [i, consumer] of consumers.entries()) consumer.start(plugins[i]?.hooks ?? notThere(consumer.name))
        await pipeline.run(stop)
      }
      return await drain(consumers, plugins, log)
    } finally {
      unwatchJournal()
      await control.close()
      await server.close()
    }
  } finally {
    await cluster.close()
    journal.close()
  }
}

/** A consumer for each plugin, and the plugins set up. Throws KEC_CONFIG with all that refuse. */
async function setUp(
  loaded: LoadedConfig,
  clusterName: string,
  journal: Journal,
  registry: MetricsRegistry,
  log: KecLog,
): Promise<{ consumers: readonly Consumer[]; plugins: readonly HostedPlugin[] }> {
  const observe = registry.histogram('kec_sink_batch_seconds', 'How long the sink had a batch.', ['sink'])
  const consumers = loaded.entries.map(({ name, delivery, match }) => {
    const matches = match === undefined ? undefined : compileRules(match)
    const onBatch = (seconds: number) => observe({ sink: name }, seconds)
    const { mask } = loaded.secrets
    return new Consumer({ name, journal, delivery, matches, compile: compileStored, log: log.child({ sink: name }), mask, onBatch })
  })
  const blocking = new Blocking((names, ms) =>
    log.warn(`the thread was blocked for ${ms} ms by ${names.join(' or ')}`, { plugins: names, ms }),
  )
  const services = ({ name }: { readonly name: string }) => {
    const { state } = consumers.find(consumer => consumer.name === name) ?? notThere(name)
    const metrics = registry.forPlugin(name, work => state.committed(work))
    return { log: log.child({ plugin: name }), metrics, state, cluster: { name: clusterName } }
  }
  const { plugins, problems } = await setUpPlugins(loaded.entries, services, blocking)
  if (problems.length > 0) throw loaded.refuse(problems)
  return { consumers, plugins }
}

/** What is kept at all; and how often each plugin's onFilter threw. */
function filterOf(
  { filter, source }: Settings,
  plugins: readonly HostedPlugin[],
  log: KecLog,
): { readonly filter: Filter; readonly filterErrors: ReadonlyMap<string, number> } {
  const filterErrors = new Map<string, number>()
  const created = createFilter(
    { ...filter, excludeNamespaces: source.namespaces?.exclude },
    plugins.filter(({ hooks }) => hooks.onFilter.taps.length > 0),
    (plugin, error, event) => {
      filterErrors.set(plugin, (filterErrors.get(plugin) ?? 0) + 1)
      log.error(`onFilter threw, and the event is kept: ${error}`, { plugin, id: event.id })
    },
  )
  return { filter: created, filterErrors }
}

/** The rules of a replay: null for all events, else what `match` may be, checked when it was asked for. */
function compileStored(rules: Json): EventTest {
  return rules === null ? () => true : compileRules(rules as Rule | readonly Rule[])
}

/** Aborts with the first SIGINT or SIGTERM; the second ends the process. */
function stopSignal(log: KecLog): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1)
      log.info(`${signal}: stopping; what is there is delivered first, for ${drainLimit / 1000} s at most`)
      stop.abort()
    })
  return stop.signal
}

function notThere(name: string): never {
  throw new Error(`there is no consumer or plugin ${name}`)
}
