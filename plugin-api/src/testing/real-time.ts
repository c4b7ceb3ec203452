// Taken at the start: a test may put timers of its own in their place, and the test host must go on all the same.
const { setTimeout, setImmediate } = globalThis

/** Lets all else that is ready have its turn. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

const tick = 10

/**
 * True as soon as the work has ended, however it ended; false if that takes longer than so many ms. They are counted in short sleeps, so that a
 * machine which is busy elsewhere does not use them up.
 */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let ended = false
  const end = () => {
    ended = true
  }
  const done = work.then(end, end)
  for (let turns = 0; turns < 5 && !ended; turns++) await turn()
  for (let waited = 0; waited < ms && !ended; waited += tick) await Promise.race([done, pause(tick)])
  return ended
}
