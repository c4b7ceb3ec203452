import type { State } from '@kec/plugin-api'

export interface Limits {
  /** ms between two mails, at least. */
  readonly interval: number
  /** Mails within any hour, at most. */
  readonly maxPerHour: number
}

const hour = 3_600_000
const key = 'sent'

/** When mails went out, over restarts: what says how long the next one must wait. */
export class Rate {
  readonly #limits: Limits
  readonly #state: State

  constructor(limits: Limits, state: State) {
    this.#limits = limits
    this.#state = state
  }

  /** ms until a mail may go out; 0 if it may now. */
  wait(now: number): number {
    const { interval, maxPerHour } = this.#limits
    const sent = this.#sent(now)
    const last = sent.at(-1)
    const oldest = sent.length >= maxPerHour ? sent.at(-maxPerHour) : undefined
    return Math.max(0, last === undefined ? 0 : last + interval - now, oldest === undefined ? 0 : oldest + hour - now)
  }

  /** A mail went out. Only while a batch is handled. Returns the ms until the next may. */
  sent(now: number): number {
    this.#state.set(key, [...this.#sent(now), now].slice(-this.#limits.maxPerHour))
    return this.wait(now)
  }

  /** When the clock was set back, a time may lie ahead: it counts as now. */
  #sent(now: number): number[] {
    const times = this.#state.get(key)
    return Array.isArray(times) ? times.map(time => Math.min(Number(time), now)) : []
  }
}
