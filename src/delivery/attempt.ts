import type { Hooks, Json, Log } from '@kec/plugin-api'
import { Handover, type SinkState } from '@kec/plugin-api/host'
import { errorOf } from '../errors.ts'
import type { Batch } from './batch.ts'

/** The sink, as an attempt needs it. */
export interface Attempted {
  readonly onEvent: Hooks['onEvent']
  readonly state: SinkState
  /** ms until the signal aborts. */
  readonly timeout: number
  readonly log: Log
}

/** How an attempt ended. */
export interface Attempt {
  readonly handover: Handover
  /** What onEvent threw. */
  readonly failure: Error | undefined
  /** What the plugin set meanwhile; nothing, if it failed. */
  readonly state: ReadonlyMap<string, Json | undefined>
  readonly seconds: number
}

/** Hands a batch over, and waits for the real end of onEvent, whenever that is: when time is over, or `stop` aborts, only its signal does. */
export async function attempt(batch: Batch, { onEvent, state, timeout, log }: Attempted, stop: AbortSignal): Promise<Attempt> {
  const handover = new Handover(batch.events, batch.attempt, batch.origin === 'replay', log)
  const timer = setTimeout(() => {
    log.warn(`the sink has not answered within ${timeout} ms; its signal is aborted, and the next batch waits for its end`)
    handover.abort(new Error(`no answer within ${timeout} ms`))
  }, timeout).unref()
  const onStop = () => handover.abort(new Error('kec stops and does not wait longer'))
  stop.addEventListener('abort', onStop)
  const began = performance.now()
  state.begin()
  let failure: Error | undefined
  try {
    await onEvent.promise(batch.events, handover)
  } catch (error) {
    failure = errorOf(error)
  }
  clearTimeout(timer)
  stop.removeEventListener('abort', onStop)
  handover.end()
  const staged = state.end()
  return { handover, failure, state: failure === undefined ? staged : new Map(), seconds: (performance.now() - began) / 1000 }
}
