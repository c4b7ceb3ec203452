import type { KubeEvent } from '@kec/plugin-api'
import { clean } from './clean.ts'
import { type Digest, digestOf, idOf, rowsOf } from './digest.ts'
import { bareHtml, htmlOf, htmlRow } from './html.ts'
import { addressOf, type Options } from './options.ts'
import { textOf } from './text.ts'
import { type Times, timesIn } from './times.ts'
import { seeAllCommand, subjectOf } from './wording.ts'
import { languages, type Words } from './words.ts'

/** What is sent, but for who gets it. */
export interface Letter {
  readonly messageId: string
  readonly subject: string
  readonly html: string
  readonly text: string
}

/** Bytes of the rows of a mail: Gmail clips what is over 102 KB in all. */
const mostBytes = 80_000
const longestSubject = 250

/** Makes letters of events. */
export class Composer {
  readonly #options: Options
  readonly #sink: string
  readonly #cluster: string
  readonly #domain: string
  readonly #times: Times
  readonly #words: Words

  constructor(options: Options, sink: string, cluster: string) {
    this.#options = options
    this.#sink = sink
    this.#cluster = cluster
    this.#domain = (addressOf(options.from) ?? '').split('@')[1] ?? ''
    this.#times = timesIn(options.timeZone)
    this.#words = languages[options.language]
  }

  /** The letter about these events, at least one. */
  letter(events: readonly KubeEvent[], replay: boolean): Letter {
    const { language, template } = this.#options
    const [times, words] = [this.#times, this.#words]
    const digest = this.#digest(events, replay)
    const own = template?.(digest) ?? {}
    return {
      messageId: this.#messageId(digest.id),
      subject: clean(own.subject ?? subjectOf(digest, words), longestSubject),
      html: own.html ?? htmlOf(digest, words, times, language),
      text: own.text ?? textOf(digest, words, times),
    }
  }

  /** The letter for a server that did not take that one: without any text of events, and without a template. */
  bareLetter(events: readonly KubeEvent[], replay: boolean): Letter {
    const words = this.#words
    const digest = this.#digest(events, replay)
    const subject = subjectOf(digest, words, false)
    return {
      messageId: this.#messageId(`${digest.id}.bare`),
      subject: clean(subject, longestSubject),
      html: bareHtml(digest, words, this.#options.language),
      text: `${subject}\n\n${words.withheld}\n\n${words.seeAll} ${seeAllCommand}\n`,
    }
  }

  #digest(events: readonly KubeEvent[], replay: boolean): Digest {
    const rows = rowsOf(events)
    let bytes = 0
    const fitting = rows.slice(0, this.#options.maxRows).findIndex(row => {
      bytes += Buffer.byteLength(htmlRow(row, this.#times))
      return bytes > mostBytes
    })
    const most = fitting < 0 ? this.#options.maxRows : fitting
    return digestOf(rows, most, { id: idOf(this.#sink, events), cluster: this.#cluster, replay })
  }

  #messageId(id: string): string {
    return `<kec.${id}@${this.#domain}>`
  }
}
