import type { Written as Acknowledged } from '../scenarios/writers.ts'
import type { Status } from './kec-process.ts'
import { versionOf } from './log-tail.ts'

/** What the demo wrote to the API server, by its acknowledgements. */
export class Written {
  readonly versions = new Set<string>()
  readonly #uids = new Set<string>()
  occurrences = 0

  add({ object, event, occurrences }: Acknowledged): void {
    const uid = object.metadata?.uid ?? ''
    this.#uids.add(uid)
    this.versions.add(versionOf(uid, event.resourceVersion))
    this.occurrences += occurrences
  }

  get events(): number {
    return this.#uids.size
  }
}

export interface Sides {
  readonly written: Written
  /** How often each version came, by sink. */
  readonly came: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Sums of occurrences, by sink. */
  readonly occurrences: ReadonlyMap<string, number>
  /** At the end. */
  readonly status: Status
}

export interface Audit {
  /** A row for each side. */
  readonly rows: readonly (readonly [name: string, text: string])[]
  /** Nothing, if all is well. */
  readonly wrong: readonly string[]
}

/** Whether all that was written came out, and what was counted adds up. */
export function audit({ written, came, occurrences, status }: Sides): Audit {
  const { counts } = status
  const count = (name: string) => counts[name] ?? 0
  const received = count('added') + count('modified') + count('listed')
  const filtered = Object.keys(counts).reduce((sum, name) => (name.startsWith('filtered:') ? sum + count(name) : sum), 0)
  const known = count('duplicates')
  const rows: (readonly [string, string])[] = [
    ['written', `${written.versions.size} versions of ${written.events} events, ${written.occurrences} occurrences`],
    ['received', `${received} = ${count('journaled')} journaled + ${known} known + ${filtered} filtered`],
  ]
  const wrong: string[] = []
  if (received !== count('journaled') + known + filtered + count('history_skipped')) wrong.push('what kec received does not add up')
  for (const { name, journaled, delivered, skipped, dead, discarded, expired, pending } of status.consumers) {
    const versions = came.get(name)
    const again = versions === undefined ? 0 : [...versions.values()].reduce((sum, times) => sum + times - 1, 0)
    const sum = occurrences.get(name)
    const notes = [
      ...(sum === undefined ? [] : [`${sum} occurrences`]),
      ...(again === 0 ? [] : [`${again} came twice (kill -9: at least once)`]),
    ]
    rows.push([name, [`${delivered} delivered`, ...notes].join(', ')])
    if (journaled !== delivered + skipped + dead + discarded + expired + pending) wrong.push(`what ${name} got does not add up`)
    if (pending > 0) wrong.push(`${name} has not got ${pending} events`)
    if (sum !== undefined && sum !== written.occurrences) wrong.push(`${name} counts ${sum} occurrences, not ${written.occurrences}`)
    if (versions === undefined) continue
    const lost = [...written.versions].filter(version => !versions.has(version)).length
    const invented = [...versions.keys()].filter(version => !written.versions.has(version)).length
    if (lost > 0) wrong.push(`${lost} versions never came to ${name}`)
    if (invented > 0) wrong.push(`${invented} versions came to ${name} that were never written`)
  }
  return { rows, wrong }
}
