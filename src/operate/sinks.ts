import { KecError } from '../errors.ts'
import { didYouMean } from '../nearest.ts'

/** The name, if there is such a sink. Throws KEC_NOT_FOUND with those that there are. */
export function knownSink(name: string, names: readonly string[]): string {
  if (names.includes(name)) return name
  throw new KecError(
    'KEC_NOT_FOUND',
    `There is no sink ${JSON.stringify(name)}.${didYouMean(name, names)}`,
    names.length === 0 ? 'The journal knows none yet: kec start makes them known.' : `There are: ${names.join(', ')}.`,
  )
}
