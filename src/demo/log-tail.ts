import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Happening } from './scene.ts'

/** Reads what the log sink writes, as it grows: its files of each day. */
export class LogTail {
  readonly #folder: string
  /** Bytes read of each file. */
  readonly #read = new Map<string, number>()
  /** How often each version of each event was written. */
  readonly times = new Map<string, number>()
  /** The sum of occurrences, each version counted once. */
  occurrences = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The whole lines that are new. */
  next(): Happening[] {
    const files = readdirSync(this.#folder)
      .filter(name => /^events\..+\.log$/.test(name))
      .sort()
    const lines = files.flatMap(name => this.#linesOf(name)).map(line => JSON.parse(line) as Happening) // the log sink's own lines
    for (const { uid, resource_version, occurrences } of lines) {
      const version = versionOf(uid, resource_version)
      const before = this.times.get(version) ?? 0
      if (before === 0) this.occurrences += occurrences
      this.times.set(version, before + 1)
    }
    return lines
  }

  #linesOf(name: string): string[] {
    const from = this.#read.get(name) ?? 0
    const file = openSync(join(this.#folder, name), 'r')
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - from)
      const end = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)).lastIndexOf('\n') + 1
      this.#read.set(name, from + end)
      return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n')
    } finally {
      closeSync(file)
    }
  }
}

/** What tells one version of an event from all others. */
export const versionOf = (uid: string, resourceVersion: string): string => `${uid}/${resourceVersion}`
