import { parse } from 'node:path'

/** The local day, as the names of the files have it: YYYYMMDD. */
export function dayOf(date: Date): string {
  const part = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}${part(date.getMonth() + 1)}${part(date.getDate())}`
}

/** The files that stand beside a link: for events.log events.YYYYMMDD.log, events.YYYYMMDD.1.log, events.YYYYMMDD.2.log … */
export class Names {
  readonly #stem: string
  readonly #extension: string

  constructor(link: string) {
    const { name, ext } = parse(link)
    this.#stem = name
    this.#extension = ext
  }

  make(day: string, number: number): string {
    return `${this.#stem}.${day}${number > 0 ? `.${number}` : ''}${this.#extension}`
  }

  /** What a name says, or undefined if it is not one that `make` gives. */
  read(name: string): { readonly day: string; readonly number: number } | undefined {
    const middle = name.slice(this.#stem.length, name.length - this.#extension.length)
    const [, day, digits = '0'] = /^\.(\d{8})(?:\.(\d+))?$/.exec(middle) ?? []
    const number = Number(digits)
    return day !== undefined && this.make(day, number) === name ? { day, number } : undefined
  }
}
