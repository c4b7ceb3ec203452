import type { DeliveryOptions } from '../../delivery.ts'
import type { KubeEvent } from '../../event.ts'
import type { EntrySettings, PluginEntry } from '../../plugin.ts'
import { Host } from '../host.ts'
import type { Probe } from '../life.ts'
import { pause } from '../real-time.ts'
import { mendOf } from './complaints.ts'
import { messageOf, textOf } from './error-text.ts'
import { type Witness, watched } from './strays.ts'
import type { Finding, Subject, System } from './subject.ts'

/** Makes an entry, whatever the plugin's options are. */
export type Make = (options: unknown, settings?: EntrySettings) => PluginEntry

/** ms of CPU that code may take before it lets others run. */
const longestTurn = 300
const shortPatience = 50
/** Attempts in a row at one batch, after which nothing more is hoped for. */
const mostAttempts = 40
const minute = 60_000

/** The plugin on the table: what each check starts, asks and reports by. */
export class Bench {
  readonly make: Make
  readonly subject: Subject<unknown>
  /** Real ms. */
  #patience: number
  readonly #findings = new Map<string, Finding>()

  constructor(make: Make, subject: Subject<unknown>) {
    this.make = make
    this.subject = subject
    this.#patience = subject.patience ?? 3_000
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()]
  }

  /** The plugin has kept us waiting in vain: it would do so in each check. */
  losePatience(): void {
    this.#patience = Math.min(this.#patience, shortPatience)
  }

  /** Of each kind the first one counts. */
  report(seen: string, mend: string, kind = seen): void {
    if (!this.#findings.has(kind)) this.#findings.set(kind, { seen, mend })
  }

  /** The plugin let this text out: no secret may be in it. */
  hear(text: string): void {
    for (const secret of this.subject.secrets ?? [])
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
        const at = text.indexOf(form)
        if (at < 0) continue
        const place = text.slice(Math.max(0, at - 60), at + form.length + 20).replaceAll(form, '(the secret)')
        this.report(
          `a secret shows in its log, errors or metrics: …${place.replaceAll(/\s+/g, ' ')}…`,
          'leave it out: do not log the options, a URL with a password in it, or the whole error of a library',
        )
        return
      }
  }

  /** Runs a check with a system of its own, if the subject makes them. */
  async withSystem(check: (system: System<unknown>) => Promise<void>): Promise<void> {
    const { options, ...rest } = this.subject
    const system: System<unknown> = typeof options === 'function' ? { ...rest, ...(await options()) } : { ...rest, options }
    try {
      await check(system)
    } finally {
      await system.close?.()
    }
  }

  /** Starts the plugin for one check, and stops it afterwards. Nothing is tried, and a finding reported, if it does not start. */
  async run(system: System<unknown>, check: (host: Host) => Promise<void>, delivery?: DeliveryOptions, probe: Partial<Probe> = {}) {
    const host = await this.start(system, delivery, probe)
    if (host === undefined) return
    try {
      await check(host)
    } finally {
      await host.stop()
      this.heed(host)
    }
  }

  async start(system: System<unknown>, delivery?: DeliveryOptions, probe: Partial<Probe> = {}): Promise<Host | undefined> {
    try {
      // What lingers would only wait for the clock.
      const entry = this.make(system.options, { delivery: { linger: 0, ...delivery } })
      return await Host.start(entry, { patience: this.#patience }, { around: this.#around, ...probe })
    } catch (error) {
      const text = textOf(error)
      this.hear(text)
      if (text.includes('its setup has not ended')) {
        this.report(
          `setup has not ended within ${this.#patience / 1000} s`,
          'setup must not wait for a system that may be down: connect at the first batch, where a throw means "again"',
        )
        this.losePatience()
      } else
        this.report(
          `with valid options it does not start: ${messageOf(error)}`,
          'what the message says, in the plugin or in `options` of this test',
        )
      return undefined
    }
  }

  /** Undefined if it does not start with these, as it should not. */
  async startWith(wrong: unknown): Promise<Host | undefined> {
    try {
      return await Host.start(this.make(wrong), { patience: this.#patience }, { around: this.#around })
    } catch (error) {
      this.hear(textOf(error))
      return undefined
    }
  }

  /** Lets the clock run until nothing is pending. False if it never comes to that. */
  async drain(host: Host): Promise<boolean> {
    for (let steps = 0; ; steps++) {
      await host.settled()
      if (host.pending === 0) return true
      if (host.isStuck) this.losePatience()
      if (host.isStuck || (host.handovers.at(-1)?.attempt ?? 0) >= mostAttempts || steps > 50_000) return false
      await host.advance(minute)
    }
  }

  /** The same, with nothing in the plugin's way: whatever goes wrong is reported. */
  async drainWell(host: Host, what: string): Promise<boolean> {
    const before = host.handovers.length
    const isDone = await this.drain(host)
    const records = host.handovers.slice(before)
    const failed = records.find(({ outcome, slowDown }) => outcome === 'failed' && slowDown === undefined)
    if (host.isStuck)
      this.report(
        `onEvent got ${what} and has not ended, not even after its signal aborted`,
        'let it end when its work is done, and pass `delivery.signal` to whatever it waits for',
      )
    else if (failed)
      this.report(
        `onEvent threw at ${what}, though nothing was in its way: ${messageOf(failed.error)}`,
        'throw only when the system behind the sink failed: a throw makes the batch come again',
      )
    else if (!isDone)
      this.report(
        `${what} came again and again, and ${host.pending} of its events were never settled`,
        'mark an event with `delivery.retry` only if it can succeed later; else `delivery.reject(event, reason)`',
      )
    for (const { event, reason } of failed ? [] : host.rejected)
      this.report(
        `an ordinary event was rejected (${event.type} ${event.reason}): ${reason}`,
        'reject only what the system can never take',
        'ordinary',
      )
    return isDone && failed === undefined
  }

  /** The system's ids; undefined if it can't be asked. */
  async received(system: System<unknown>): Promise<string[] | undefined> {
    return system.received && [...(await system.received())]
  }

  /** Waits, in real time, for as long as the system lacks one of these. */
  async missing(system: System<unknown>, events: readonly KubeEvent[]): Promise<KubeEvent[]> {
    let missing: KubeEvent[] = []
    const look = async () => {
      const ids = new Set(await this.received(system))
      missing = events.filter(({ id }) => !ids.has(id))
    }
    await look()
    for (let waited = 0; missing.length > 0 && waited < this.#patience; waited += 50) {
      await pause(50)
      await look()
    }
    if (missing.length > 0) this.losePatience()
    return missing
  }

  /** Takes in what the plugin let out, and what kec would have said of it. */
  heed({ log, handovers, rejected, complaints }: Host): void {
    for (const { message, fields } of log) this.hear(`${message} ${JSON.stringify(fields)}`)
    for (const { error } of handovers) if (error) this.hear(textOf(error))
    for (const { reason } of rejected) this.hear(reason)
    for (const complaint of complaints) {
      this.hear(complaint)
      if (complaint.includes('never answered')) this.losePatience()
      // A check has said so already, and when.
      if (complaint.startsWith('onEvent never answered') && this.findings.length > 0) continue
      this.report(complaint, mendOf(complaint))
    }
  }

  readonly witness: Witness = {
    threw: error => {
      this.hear(textOf(error))
      this.report(
        `an error was thrown where nobody waits for it: ${messageOf(error)}`,
        'await every promise, and give callbacks and timers a try/catch of their own: such an error ends other programs',
      )
    },
    exited: () => this.report('it called process.exit', 'throw instead: the process is not its own, and other sinks work in it'),
  }

  readonly #around: Probe['around'] = {
    sync: work => watched(this.witness, () => this.#measure(work)),
    async: async work => {
      await watched(this.witness, () => this.#measure(work))
    },
  }

  #measure<T>(work: () => T): T {
    const before = process.threadCpuUsage()
    try {
      return work()
    } finally {
      const { user, system } = process.threadCpuUsage(before)
      const ms = (user + system) / 1000
      if (ms >= longestTurn)
        this.report(
          'it blocked the thread for more than 0.3 s of computing',
          'divide the work, and let others run in between: `await setImmediate()` of node:timers/promises. Or do it in a worker thread',
        )
    }
  }
}
