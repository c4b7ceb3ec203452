import { setTimeout as sleep } from 'node:timers/promises'

/** Asks every 20 ms until the answer is true. Throws after what no machine needs, so that a test that is red ends. */
export async function waitFor(what: string, check: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await sleep(20)
  }
}
