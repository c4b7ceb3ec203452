import type { Json, KubeEvent } from '@kec/plugin-api'

export interface Cursor {
  readonly joined: number
  readonly seq: number
  readonly retry: readonly number[]
  readonly counts: Readonly<Record<'skipped' | 'delivered' | 'rejected', number>>
}

/** What became true by one batch. */
export interface Acknowledgement extends Pick<Cursor, 'seq' | 'retry' | 'counts'> {
  readonly state: ReadonlyMap<string, Json | undefined>
}

/** What a consumer needs of the journal. */
export interface ConsumerJournal {
  readonly head: number
  read(after: number, limit: number): { readonly first: number; readonly events: readonly KubeEvent[] }
  pick(seqs: readonly number[]): readonly { readonly seq: number; readonly event: KubeEvent }[]
  join(consumer: string, at: 'now' | 'beginning'): Cursor
  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor
  state(consumer: string): ReadonlyMap<string, Json>
  onAppend(listener: () => void): void
}
