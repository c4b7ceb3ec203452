import type { KubeEvent } from '../../event.ts'
import type { Host } from '../host.ts'
import type { Bench } from './bench.ts'
import { ordinary } from './events.ts'
import type { System } from './subject.ts'

/** Whatever a plugin asks for, no batch of this check is larger. */
const largestBatch = 5_000

/** What the plugin is called for. False if there is nothing more to look at. */
export async function taps(bench: Bench): Promise<boolean> {
  let mayGoOn = false
  await bench.withSystem(system =>
    bench.run(system, async host => {
      const { taps } = host
      if (!taps.includes('onEvent') && !taps.includes('onFilter'))
        bench.report('it taps neither onEvent nor onFilter: it is never called', 'tap `kec.hooks.onEvent` in setup, before setup ends')
      else if (!taps.includes('onEvent')) mayGoOn = true
      else {
        host.feed(...ordinary(1))
        mayGoOn = await bench.drainWell(host, 'a single event')
      }
    }),
  )
  return mayGoOn
}

/** Batches of one, of many and of as many as it wants; in order, and each event once. */
export async function batches(bench: Bench): Promise<void> {
  for (const [maxBatch, count, what] of [
    [1, 5, 'batches of one event'],
    [undefined, 30, '30 events'],
    [undefined, 0, 'a full batch'],
  ] as const) {
    const before = bench.findings.length
    await batchesOf(bench, maxBatch, count, what)
    // The same would be found again.
    if (bench.findings.length > before) return
  }
}

async function batchesOf(bench: Bench, maxBatch: number | undefined, count: number, what: string): Promise<void> {
  await bench.withSystem(async system => {
    const early = new Set<string>()
    const onDelivered = async (delivered: readonly KubeEvent[]) => {
      const ids = await bench.received(system)
      if (ids === undefined) return
      const there = new Set(ids)
      for (const { id } of delivered) if (!there.has(id)) early.add(id)
    }
    const check = async (host: Host) => {
      const before = (await bench.received(system))?.length ?? 0
      const events = ordinary(count || Math.min(host.delivery.maxBatch, largestBatch))
      host.feed(...events)
      if (await bench.drainWell(host, what)) await judgeReceived(bench, system, host.delivered, early, before)
    }
    await bench.run(system, check, maxBatch === undefined ? undefined : { maxBatch }, { onDelivered })
  })
}

/** What the system has of what the sink says it delivered, with nothing in its way. */
async function judgeReceived(
  bench: Bench,
  system: System<unknown>,
  delivered: readonly KubeEvent[],
  early: ReadonlySet<string>,
  before: number,
): Promise<void> {
  if (system.received === undefined) return
  const lost = await bench.missing(system, delivered)
  reportLost(bench, lost, delivered)
  const late = early.size - lost.length
  if (late > 0)
    bench.report(
      `onEvent ended before its work: ${late} events were acknowledged, and the system had them only later`,
      'await the answer of the system before onEvent ends: what is acknowledged does not come again after a crash',
    )
  const ids = ((await bench.received(system)) ?? []).slice(before)
  const twice = ids.length - new Set(ids).size
  if (twice > 0)
    bench.report(
      `the system got ${twice} events twice, though each was handed over once`,
      'send a batch once, and throw if that failed: kec sends it again',
    )
  const wrong = disorder(ids, delivered)
  if (wrong !== undefined)
    bench.report(
      `versions of one event came out of order: ${wrong}`,
      'send the events of a batch in its order; in parallel at most those of different `uid`s',
    )
}

export function reportLost(bench: Bench, lost: readonly KubeEvent[], delivered: readonly KubeEvent[]): void {
  if (lost.length > 0)
    bench.report(
      `onEvent acknowledged ${delivered.length} events, and ${lost.length} of them never came to the system`,
      'throw when the system did not take a batch, or mark what it did not take: an error that is caught and forgotten is a lost event',
      'lost',
    )
}

/** Two versions of one event that arrived the wrong way round, in words. */
export function disorder(ids: readonly string[], events: readonly KubeEvent[]): string | undefined {
  const places = new Map<string, number>()
  for (const [place, id] of ids.entries()) if (!places.has(id)) places.set(id, place)
  const latest = new Map<string, KubeEvent>()
  for (const event of events) {
    const before = latest.get(event.uid)
    if (before && (places.get(event.id) ?? 0) < (places.get(before.id) ?? 0))
      return `resourceVersion ${event.resourceVersion} before ${before.resourceVersion}`
    latest.set(event.uid, event)
  }
  return undefined
}
