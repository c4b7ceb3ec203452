import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { testEvents } from '../event.ts'
import { pause, turn } from '../real-time.ts'
import type { Bench } from './bench.ts'

const all = 10_000
/** By then all that is made once is made. */
const warm = 2_000
const step = 500
/** Bytes of the heap for each event, beyond which it is the events that take them. A system in this process may keep ids. */
const mostBytes = 512
const letters = 1_500

/** 10,000 events go through, and leave nothing behind. */
export async function memory(bench: Bench): Promise<void> {
  await bench.withSystem(system =>
    bench.run(system, async host => {
      const collect = collector()
      const held: WeakRef<object>[] = []
      let before = 0
      for (let fed = 0; fed < all; fed += step) {
        if (fed === warm) before = await collect()
        const events = testEvents(step, n => ({
          message: `${fed + n} `.padEnd(letters, 'x'),
          regarding: { name: `web-${(fed + n) % 300}` },
          reason: `Reason${n % 20}`,
        }))
        if (fed < all - 2 * step) held.push(...events.map(event => new WeakRef(event)))
        host.feed(...events)
        events.length = 0
        if (!(await bench.drain(host))) {
          bench.report(
            `of ${all} events one after the other only the first ${fed + step - host.pending} went through`,
            'see what onEvent says of the next ones; a limit of the system is no reason to reject: `delivery.slowDown(ms)` and throw',
          )
          return
        }
        bench.heed(host)
        host.forget()
      }
      const growth = (await collect()) - before
      const alive = held.filter(ref => ref.deref() !== undefined).length
      const mend = 'keep counts and keys, not events; forget what was delivered'
      if (alive > held.length / 10)
        bench.report(`it holds events that it has delivered: after ${all} of them, ${alive} are still in memory`, mend)
      else if (growth > (all - warm) * mostBytes)
        bench.report(`memory grows with each event: ${Math.round(growth / (all - warm))} bytes for each of ${all}`, mend)
      const { length } = Object.keys(host.state)
      if (length > all / 4)
        bench.report(
          `its state grows with each event: ${length} keys after ${all}`,
          'keep a few values, and remove old ones: `state.set(key, undefined)`',
        )
      const samples = await host.metrics().catch(() => [])
      if (samples.length > all / 4)
        bench.report(
          `its metrics grow with each event: ${samples.length} series after ${all}`,
          'no label may hold a name, an id or a message: put at most a few hundred values into one',
        )
    }),
  )
}

/** Collects garbage, and gives the bytes in use. */
function collector(): () => Promise<number> {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  return async () => {
    // What was looked at in this turn is kept until its end; sockets end a little later.
    for (let i = 0; i < 3; i++) {
      await turn()
      await pause(5)
      gc()
    }
    return process.memoryUsage().heapUsed
  }
}
