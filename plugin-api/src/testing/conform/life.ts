import type { Bench } from './bench.ts'
import { reportLost } from './delivering.ts'
import { messageOf } from './error-text.ts'
import { ordinary } from './events.ts'

/** Stopped, killed and started again in the middle of its work, it goes on where it was. */
export async function lives(bench: Bench): Promise<void> {
  for (const end of ['restart', 'kill'] as const)
    await bench.withSystem(system =>
      bench.run(
        system,
        async host => {
          const before = ordinary(20)
          host.feed(...before)
          await host.handedOver()
          try {
            await host[end]()
          } catch (error) {
            bench.report(
              `it does not start again after a ${end}: ${messageOf(error)}`,
              'in setup expect what an earlier run left: its state, its files, its place in the system',
            )
            return
          }
          host.feed(...ordinary(5))
          if (!(await bench.drain(host)))
            bench.report(
              `after a ${end} in the middle of a batch it does not deliver what is left`,
              'begin anew in setup; the events that were not acknowledged come again, with the same ids',
            )
          else if (system.received) reportLost(bench, await bench.missing(system, host.delivered), host.delivered)
        },
        { maxBatch: 5 },
      ),
    )
}
