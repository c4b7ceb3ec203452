import { testEvent } from '../event.ts'
import type { Host } from '../host.ts'
import type { Bench } from './bench.ts'
import { disorder, reportLost } from './delivering.ts'
import { messageOf } from './error-text.ts'
import { ordinary } from './events.ts'
import type { System, Trouble } from './subject.ts'

/** ms of the clock. */
const aFewAttempts = 10_000

/** The system fails, and is mended: nothing is lost, and nothing said to be delivered that is not. */
export async function trouble(bench: Bench): Promise<void> {
  await bench.withSystem(async system => {
    const { trouble } = system
    if (trouble === undefined) return
    await bench.run(system, host => inTrouble(bench, system, trouble, host))
  })
}

async function inTrouble(bench: Bench, system: System<unknown>, trouble: Trouble, host: Host): Promise<void> {
  await trouble.begin()
  try {
    const asked = trouble.asked?.() ?? 0
    host.feed(...ordinary(20))
    await host.settled()
    if (host.handovers.at(-1)?.outcome === 'in flight') await host.expire()
    if (mustEnd(bench, host, 'while its system was in trouble')) return
    const times = (trouble.asked?.() ?? 0) - asked
    if (times > 1)
      bench.report(
        `in one call of onEvent it asked its system ${times} times, though the first time failed`,
        'throw at the first failure: kec tries again, waits longer each time, and counts it',
      )
    await host.advance(aFewAttempts)
  } finally {
    await trouble.end()
  }
  // Nothing is handed over before the clock moves on.
  const there = new Set(await bench.received(system))
  const lied = host.delivered.filter(({ id }) => !there.has(id))
  if (lied.length > 0)
    bench.report(
      `onEvent ended well while its system was in trouble: ${lied.length} events were acknowledged that the system does not have`,
      'let the error through: throw, or mark with `delivery.retry` what was not taken',
    )
  const given = host.rejected.find(({ reason }) => !/^\d+ attempts failed: /.test(reason))
  if (given)
    bench.report(
      `it rejected events because its system was in trouble: ${given.reason}`,
      'reject only what the system can never take; throw when it is down, and the events come again',
    )
  if (!(await finish(bench, system, host, 'after the trouble')) || system.received === undefined) return
  const wrong = disorder((await bench.received(system)) ?? [], host.delivered)
  if (wrong !== undefined)
    bench.report(
      `after a failure, versions of one event came out of order: ${wrong}`,
      'after the first failure of a batch send nothing more of it: throw, or mark the rest with `delivery.retry`',
    )
}

/** Reports an onEvent that did not end though its signal aborted. True if it is so. */
function mustEnd(bench: Bench, host: Host, when: string): boolean {
  if (!host.isStuck) return false
  bench.losePatience()
  bench.report(
    `onEvent did not end when its signal aborted, ${when}`,
    'pass `delivery.signal` to whatever it waits for: fetch takes it, timers/promises take it, and `signal.addEventListener("abort", …)` does',
  )
  return true
}

/** The time-out comes: while the system says nothing, if it can be told to, at first and later on; else in the middle of a batch. */
export async function timeOut(bench: Bench): Promise<void> {
  for (const isFirst of [true, false])
    await bench.withSystem(async system => {
      if (!isFirst && system.silence === undefined) return
      await bench.run(system, async host => {
        if (!isFirst) {
          host.feed(...ordinary(1))
          await bench.drain(host)
        }
        await timeOutNow(bench, system, host)
      })
    })
}

async function timeOutNow(bench: Bench, system: System<unknown>, host: Host): Promise<void> {
  const { silence } = system
  await silence?.begin()
  try {
    host.feed(...ordinary(20))
    if (silence) await host.settled()
    else await host.handedOver()
    if (host.handovers.at(-1)?.outcome === 'in flight') await host.expire()
    if (mustEnd(bench, host, silence ? 'while its system said nothing' : 'in the middle of a batch')) return
  } finally {
    await silence?.end()
  }
  await finish(bench, system, host, 'after a time-out')
}

/** All that is pending is delivered, and the system has it. False if it is not. */
async function finish(bench: Bench, system: System<unknown>, host: Host, when: string): Promise<boolean> {
  const isDone = await bench.drain(host)
  if (!isDone)
    bench.report(
      `${when} it does not deliver again: ${messageOf(host.handovers.at(-1)?.error ?? 'it has not ended')}`,
      'begin each batch anew, with a new connection if need be',
    )
  else if (system.received) reportLost(bench, await bench.missing(system, host.delivered), host.delivered)
  return isDone
}

/** One event that the system refuses: it is put aside, and the others go through. */
export async function refusal(bench: Bench): Promise<void> {
  await bench.withSystem(async system => {
    const { refusedReason } = system
    if (refusedReason === undefined) return
    await bench.run(system, async host => {
      const events = ordinary(9).map((event, i) => (i === 4 ? testEvent({ reason: refusedReason }) : event))
      host.feed(...events)
      const isDone = await bench.drain(host)
      if (!isDone)
        bench.report(
          'one event that its system refuses holds up all that come after it',
          'mark it with `delivery.reject(event, reason)`, or let kec find it: `delivery: { maxAttempts: 20 }` in the definition',
        )
      const others = host.rejected.filter(({ event }) => event.reason !== refusedReason)
      if (others.length > 0)
        bench.report(
          `when its system refuses one event of a batch, ${others.length} others are rejected with it`,
          'reject only the event that the system named; mark the others with `delivery.retry` if they must be sent again',
        )
      if (isDone && host.rejected.length === others.length)
        bench.report(
          'an event that its system refuses is acknowledged as delivered',
          'look at what the system says of each event, and mark the refused ones with `delivery.reject(event, reason)`',
        )
      if (isDone && system.received)
        reportLost(
          bench,
          await bench.missing(
            system,
            host.delivered.filter(({ reason }) => reason !== refusedReason),
          ),
          host.delivered,
        )
    })
  })
}
