import type { Rule } from '@kec/plugin-api'
import { z } from 'zod'
import { rules } from '../config/schema.ts'
import type { Answers } from '../control/server.ts'
import { KecError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'

/** Dead letters of one sink. */
const letters = z.strictObject({ sink: z.string(), ids: z.union([z.literal('all'), z.array(z.int().positive())]) })

/** Events that a sink is to get once more: those stored since (ms since 1970) for which the rules hold; null: all. */
const replay = z.strictObject({ sink: z.string(), since: z.int(), rules: rules.nullable() })

export type ChangeName = 'redrive' | 'discard' | 'replay'
export interface LettersWish {
  readonly sink: string
  readonly ids: readonly number[] | 'all'
}

export interface ReplayWish {
  readonly sink: string
  readonly since: number
  readonly rules: readonly Rule[] | null
}

/** How many dead letters it was, or events that the replay looks at. */
export interface ChangeAnswer {
  readonly count: number
}

/** What operators change, in the journal of this process: of the kec that runs, or of the command if none does. */
export function changesOf(journal: Journal): Answers & Record<ChangeName, (wish: unknown) => ChangeAnswer> {
  return {
    redrive: wish => {
      const { sink, ids } = understood(letters, wish)
      return { count: journal.redrive(sink, ids) }
    },
    discard: wish => {
      const { sink, ids } = understood(letters, wish)
      return { count: journal.discard(sink, ids) }
    },
    replay: wish => {
      const { sink, since, rules } = understood(replay, wish)
      // JSON has no undefined: what came by it has none either.
      return { count: journal.replay({ consumer: sink, since: new Date(since), rules: JSON.parse(JSON.stringify(rules)) }) }
    },
  }
}

function understood<Wish extends z.ZodType>(wish: Wish, given: unknown): z.output<Wish> {
  const parsed = wish.safeParse(given)
  if (parsed.success) return parsed.data
  throw new KecError('KEC_CONTROL', 'kec does not understand what is asked of it.', 'Use the kec that it is started with.')
}
