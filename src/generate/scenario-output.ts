import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { printable } from '../printable.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Written } from '../scenarios/writers.ts'

type Out = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export function beginning({ name, summary }: Scenario, namespace: string): string {
  return `${name}, in namespace ${printable(namespace)}: ${summary}\n`
}

/** A line for each write: seconds so far, what happened to whom, how often. On a terminal in one row, and warnings coloured. */
export function tellWritten(out: Out): (written: Written) => void {
  const began = performance.now()
  return ({ report: { type, reason, about, message }, count }) => {
    const seconds = `${Math.round((performance.now() - began) / 1000)}s`
    const what = count > 1 ? `${reason} (x${count})` : reason
    const text = printable(`${seconds.padStart(4)}  ${type.padEnd(7)}  ${what.padEnd(17)}  ${about.kind} ${about.name}: ${message}`)
    const { isTTY, columns = 80 } = out
    const row = isTTY && text.length >= columns ? `${text.slice(0, columns - 2)}…` : text
    out.write(`${type === 'Warning' ? styleText('yellow', row, { stream: out }) : row}\n`)
  }
}

/** On a terminal over the ^C that it shows, if that ended it. */
export function sumUp(tally: Tally, out: Out): void {
  out.write(`${out.isTTY ? '\r' : ''}${tally.summary()}`)
}

/** What was written so far. */
export class Tally {
  readonly #namespace: string
  #created = 0
  #updated = 0
  #occurrences = 0
  #ofNodes = false

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  add({ change, occurrences, event }: Written): void {
    if (change === 'created') this.#created++
    else this.#updated++
    this.#occurrences += occurrences
    this.#ofNodes ||= event.namespace !== this.#namespace
  }

  /** One line: how many events, and how to see them. */
  summary(): string {
    const times = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
    const written = `Created ${times(this.#created, 'event')}, updated ${times(this.#updated, 'time')}: ${times(this.#occurrences, 'occurrence')}`
    if (this.#created === 0) return `${written}.\n`
    const nodes = this.#ofNodes ? '; those of nodes: kubectl get events -n default' : ''
    return printable(`${written}. See them: kubectl get events -n ${this.#namespace}${nodes}`).concat('\n')
  }
}
