import type { Json, KubeEvent } from '@kec/plugin-api'

export interface Cursor {
  readonly joined: number
  readonly seq: number
  readonly retry: readonly number[]
  readonly counts: Readonly<Record<'skipped' | 'delivered' | 'discarded' | 'expired', number>>
  readonly dead: { readonly lying: number; readonly redriven: number }
  readonly replayed: { readonly delivered: number; readonly rejected: number }
}

export interface Rejected {
  readonly seq: number
  readonly reason: string
  readonly attempts: number
}

/** What became true by one batch. */
export interface Acknowledgement {
  readonly seq: number
  readonly retry: readonly number[]
  readonly counts: Readonly<Record<'skipped' | 'delivered' | 'expired', number>>
  readonly rejected: readonly Rejected[]
  readonly redriven?: { readonly delivered: readonly number[]; readonly rejected: readonly Rejected[] }
  readonly replay?: { readonly id: number; readonly next: number; readonly delivered: number; readonly rejected: number }
  readonly state: ReadonlyMap<string, Json | undefined>
}

export interface Replay {
  readonly id: number
  readonly next: number
  readonly last: number
  readonly rules: Json
}

interface Numbered {
  readonly seq: number
  readonly event: KubeEvent
}

/** What a consumer needs of the journal. */
export interface ConsumerJournal {
  readonly head: number
  readonly oldest: number
  read(after: number, limit: number): { readonly first: number; readonly events: readonly KubeEvent[] }
  pick(seqs: readonly number[]): readonly Numbered[]
  join(consumer: string, at: 'now' | 'beginning'): Cursor
  cursor(consumer: string): Cursor
  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor
  state(consumer: string): ReadonlyMap<string, Json>
  redriven(consumer: string, after: number, limit: number): readonly Numbered[]
  replays(consumer: string): readonly Replay[]
  onNews(listener: () => void): void
}
