import { ageOf } from './age.ts'
import type { Stored } from './object.ts'

/** A column of the tables that `kubectl get` shows. */
export interface Column {
  readonly name: string
  /** Shown with -o wide only. */
  readonly wide?: true
  cell(object: Stored, now: number): string | number
}

export const wide = (name: string, cell: Column['cell']): Column => ({ name, wide: true, cell })

export const named: Column = { name: 'Name', cell: ({ metadata }) => metadata.name }

export const aged: Column = { name: 'Age', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) }
