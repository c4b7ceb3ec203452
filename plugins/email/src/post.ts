import type { Delivery, KubeEvent, Log } from '@kec/plugin-api'
import type { Composer } from './compose.ts'
import type { Options } from './options.ts'
import { problemOf, untilMended } from './problem.ts'
import type { Refusal, Sender, SmtpError } from './sender.ts'
import type { Server } from './server.ts'

/** What is known of a letter that comes again. Not over restarts: then everyone gets it again, with the Message-ID that it had. */
interface Progress {
  readonly id: string
  /** Who has it, or will never get it. */
  readonly done: Set<string>
  /** How often someone was deferred while others got it. */
  deferrals: number
  /** The server did not take the letter; it is asked to take one without details. */
  bare: boolean
}

const minute = 60_000
/** So often, a minute apart, the others wait for those who are deferred. */
const mostDeferrals = 10

/** Brings a letter to each of its recipients. */
export class Post {
  readonly #options: Options
  readonly #server: Server
  readonly #sender: Sender
  readonly #composer: Composer
  readonly #log: Log
  #progress: Progress | undefined

  constructor(options: Options, server: Server, sender: Sender, composer: Composer, log: Log) {
    this.#options = options
    this.#server = server
    this.#sender = sender
    this.#composer = composer
    this.#log = log
  }

  /** Resolves once nobody is left who could still get it. Throws if it must be tried again, and says by slowDown not to do so at once. */
  async send(events: readonly KubeEvent[], delivery: Delivery): Promise<void> {
    const letter = this.#composer.letter(events, delivery.replay)
    const progress = this.#progressOf(letter.messageId)
    const sent = progress.bare ? this.#composer.bareLetter(events, delivery.replay) : letter
    const wanted = this.#sender.recipients.filter(recipient => !progress.done.has(recipient))
    const { refused, deferred } = await this.#sender.send(sent, wanted, delivery.signal).catch((error: SmtpError) => {
      const { message, wait, isRefusal } = problemOf(error, this.#options, this.#server)
      delivery.slowDown(wait)
      if (!isRefusal) throw new Error(message)
      if (progress.bare) {
        delivery.slowDown(untilMended)
        throw new Error(`${message}, even without details. It is tried again in 15 min`)
      }
      progress.bare = true
      throw new Error(`${message}. The next attempt goes without details`)
    })
    const open = new Set([...refused, ...deferred].map(({ recipient }) => recipient))
    for (const recipient of wanted) if (!open.has(recipient)) progress.done.add(recipient)
    this.#judge(progress, refused, deferred, delivery)
    this.#progress = undefined
  }

  #judge(progress: Progress, refused: readonly Refusal[], deferred: readonly Refusal[], delivery: Delivery): void {
    const { host } = this.#server
    if (progress.done.size === 0) {
      if (deferred.length > 0) throw new Error(`${host} takes no mail now for ${list(deferred)}`)
      delivery.slowDown(untilMended)
      throw new Error(`${host} refuses every recipient: ${list(refused)}. Correct to and cc. It is tried again in 15 min`)
    }
    for (const { recipient } of refused) progress.done.add(recipient)
    if (refused.length > 0) this.#log.error(`${host} refuses ${list(refused)}; the other recipients have the mail. Correct to and cc.`)
    if (deferred.length === 0) return
    if (++progress.deferrals <= mostDeferrals) {
      delivery.slowDown(minute)
      throw new Error(`${host} takes no mail now for ${list(deferred)}; the other recipients have it`)
    }
    this.#log.error(`${host} did not take a mail for ${list(deferred)}, ${mostDeferrals} times; the other recipients have it.`)
  }

  #progressOf(id: string): Progress {
    if (this.#progress?.id !== id) this.#progress = { id, done: new Set(), deferrals: 0, bare: false }
    return this.#progress
  }
}

function list(refusals: readonly Refusal[]): string {
  return refusals.map(({ recipient, answer }) => `${recipient} (${answer})`).join(', ')
}
