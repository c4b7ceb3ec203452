import type { Cluster } from '../cluster/cluster.ts'
import { connectCluster } from '../cluster/connect.ts'
import { ask, noKec } from '../control/client.ts'
import { KecError } from '../errors.ts'
import type { ClusterIdentity } from '../event.ts'
import { interrupted } from '../generate/interrupted.ts'
import { identify } from '../identify.ts'
import type { Io } from '../io.ts'
import type { JournalReader } from '../journal/read-only.ts'
import { printableJson } from '../printable.ts'
import { Failure } from '../source/failure.ts'
import { selections, streamOf } from '../source/source.ts'
import { findPlace, openReader, type Place, type PlaceFlags } from './place.ts'
import type { StatusReport } from './report.ts'
import { type Hole, type StreamCheck, StreamChecker } from './stream-checker.ts'
import { verifyText } from './verify-text.ts'

export interface VerifyFlags extends PlaceFlags {
  readonly output: 'json' | undefined
}

export interface Verification {
  /** Whether nothing is missing. */
  readonly ok: boolean
  /** Whether a kec runs, which will get what is late. */
  readonly running: boolean
  readonly streams: readonly StreamCheck[]
  readonly holes: readonly Hole[]
}

/** `kec verify`. Gives the exit code: 1 if anything is missing. Throws KecError. */
export async function verify(flags: VerifyFlags, io: Io, stop: AbortSignal): Promise<number> {
  const place = await findPlace(flags, io)
  const reader = openReader(place)
  const { source } = place.settings
  const cluster = await connectCluster({ kubeconfig: source.kubeconfig, context: source.context })
  const say = progressTo(io)
  try {
    const identity = await sameCluster(cluster, place, reader, stop)
    const report = await ask(place.socket, 'status')
    const running = report !== noKec
    // What runs may have been started with other namespaces than stand in the configuration.
    const watched = running ? (report as StatusReport).source.map(({ name }) => name) : []
    const include = watched.length > 0 ? watched.filter(name => name !== streamOf({})) : (source.namespaces?.include ?? [])
    const streams: StreamCheck[] = []
    const holes = new Map<number, Hole>()
    for (const selection of selections({ ...source, include })) {
      const check = new StreamChecker({ reader, cluster, identity, selection, settings: place.settings, running, say, holes })
      streams.push(await check.run(stop))
    }
    const lost = streams.some(
      ({ missing, unexplained, explanation }) => missing.length > 0 || (explanation === 'lost' && unexplained.length > 0),
    )
    const found: Verification = { ok: !lost && holes.size === 0, running, streams, holes: [...holes.values()] }
    say('')
    io.stdout.write(flags.output === 'json' ? printableJson(`${JSON.stringify(found, null, 2)}\n`) : verifyText(found, io.stdout))
    return found.ok ? 0 : 1
  } catch (error) {
    if (stop.aborted) return interrupted
    if (!(error instanceof Failure)) throw error
    throw new KecError(
      'KEC_CLUSTER',
      `The events cannot be listed: ${error.message}`,
      'See that kec may list them, and that the API server is well.',
    )
  } finally {
    say('')
    reader.close()
    await cluster.close()
  }
}

/** Throws KEC_JOURNAL_CLUSTER if the journal is not of this API server: then nothing in it could be right. */
async function sameCluster(cluster: Cluster, place: Place, reader: JournalReader, stop: AbortSignal): Promise<ClusterIdentity> {
  const name = place.settings.cluster ?? cluster.name
  const known = reader.cluster
  const found = await identify(cluster, name, known, stop)
  if (known === undefined || known.uid === found.uid) return found
  throw new KecError(
    'KEC_JOURNAL_CLUSTER',
    `The journal ${place.file} belongs to the cluster ${known.name} (${known.uid}), and ${cluster.server} is ${found.name} (${found.uid}).`,
    'Choose the right API server with --context, or the right configuration with --config.',
  )
}

/** One line on a terminal, which the next one replaces; nothing elsewhere. */
function progressTo({ stderr }: Io): (text: string) => void {
  let said = 0
  return text => {
    if (stderr.isTTY !== true || (text !== '' && performance.now() - said < 100)) return
    said = performance.now()
    stderr.write(`\r\u001b[K${text}`)
  }
}
