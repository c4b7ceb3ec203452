const bids = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs what a signal bids to stop; each does so once: a second Ctrl-C ends the process at once. SIGHUP: the terminal was closed. */
export async function untilStopped<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const bid of bids) process.once(bid, onSignal)
  try {
    return await work(stop.signal)
  } finally {
    for (const bid of bids) process.off(bid, onSignal)
  }
}
