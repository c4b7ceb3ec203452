import type { KubeEvent } from '../../event.ts'
import type { Bench } from './bench.ts'
import { messageOf } from './error-text.ts'
import { hostile, ordinary } from './events.ts'

/** Attempts after which an event is known to fail for good. */
const attempts = 3

/** Whatever is in an event, it is delivered or rejected, and does not hold up the others. */
export async function hostileEvents(bench: Bench): Promise<void> {
  await bench.withSystem(async system => {
    const fine: KubeEvent[] = []
    for (const [what, event] of hostile())
      await bench.run(
        system,
        async host => {
          if (host.taps.includes('onFilter')) host.filter(event)
          host.feed(event)
          await bench.drain(host)
          const failure = host.rejected.find(({ reason }) => reason.startsWith(`${attempts} attempts failed`))
          if (failure || host.pending > 0)
            bench.report(
              `an event with ${what} fails each time: ${messageOf(host.handovers.at(-1)?.error ?? 'onEvent has not ended')}`,
              'anybody who may create events chooses their texts: send them in a form that the system takes, or `delivery.reject` the event',
            )
          else fine.push(event)
        },
        { maxAttempts: attempts },
      )
    await bench.run(system, async host => {
      host.feed(...fine)
      if (!(await bench.drain(host)))
        bench.report(
          'hostile events that are delivered one by one fail together in a batch',
          'reject the single events that the system names, and mark the others with `delivery.retry`',
        )
    })
  })
}

/** Events belong to all sinks: nobody may change them. kec's are frozen; here they are not, to see who tries. */
export async function changes(bench: Bench): Promise<void> {
  const pairs: { readonly copy: KubeEvent; readonly event: KubeEvent }[] = []
  const lists: { readonly copies: readonly KubeEvent[]; readonly ids: string }[] = []
  const disguise = (events: readonly KubeEvent[]) => {
    const copies = events.map(event => {
      const copy = structuredClone(event)
      Object.defineProperty(copy, 'raw', { value: structuredClone(event.raw) })
      pairs.push({ copy, event })
      return copy
    })
    lists.push({ copies, ids: idsOf(copies) })
    return copies
  }
  await bench.withSystem(system =>
    bench.run(
      system,
      async host => {
        host.feed(...ordinary(5))
        await bench.drain(host)
      },
      undefined,
      { disguise },
    ),
  )
  const changed = pairs.find(({ copy, event }) => JSON.stringify([copy, copy.raw]) !== JSON.stringify([event, event.raw]))
  if (changed) {
    const { copy, event } = changed
    const keys = [...new Set([...Object.keys(event), ...Object.keys(copy), 'raw'])] as (keyof KubeEvent)[] // a strange key is compared as well
    const field = keys.find(key => JSON.stringify(copy[key]) !== JSON.stringify(event[key]))
    bench.report(
      `it changes the events that it gets: ${String(field)}`,
      'make an object of its own: `{ ...event, message: … }`; kec freezes events',
    )
  }
  if (lists.some(({ copies, ids }) => idsOf(copies) !== ids))
    bench.report('it changes the batch that it gets', 'work on a copy: `[...batch]`, `batch.toSorted(…)`; kec freezes batches')
}

const idsOf = (events: readonly KubeEvent[]) => JSON.stringify(events.map(event => event?.id))
