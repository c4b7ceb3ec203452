import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import type { ListedEvent } from './comparison.ts'
import type { StreamCheck } from './stream-checker.ts'
import { counted, type Paint, painter, thousands, wrapText } from './text.ts'
import type { Verification } from './verify.ts'

const width = 80
/** Of what is missing. */
const mostShown = 20

const explanations = {
  'let go': 'no longer in the journal: it let go of its oldest events',
  'dropped otherwise': 'seen and dropped by a plugin, or by rules of an earlier configuration',
  lost: 'MISSING: seen, and not in the journal',
} as const

/** What was found out, on 80 columns. */
export function verifyText({ ok, running, streams, holes }: Verification, stdout: Io['stdout']): string {
  const paint = painter(stdout)
  const parts = streams.map(stream => streamText(stream, running, paint))
  for (const { first, last } of holes)
    parts.push(`${paint('red', `The journal has a hole: ${counted(last - first + 1, 'event')} from number ${first} on.`)}\n`)
  parts.push(`${ok ? paint('green', 'Nothing is missing.') : paint('red', 'Something is missing.')}\n`)
  return parts.join('')
}

function streamText(check: StreamCheck, running: boolean, paint: Paint): string {
  const { name, version, listed, journaled, unwanted, unexplained, explanation, missing, late } = check
  const where = name === '*' ? 'In all namespaces' : `In the namespace ${printable(name)}`
  const { history = 0, ...causes } = unwanted
  const filtered = Object.values(causes).reduce((sum, count) => sum + count, 0)
  const by = Object.entries(causes).map(([cause, count]) => `${cause} ${thousands(count)}`)
  const coming = running ? 'on their way: kec has not come so far yet' : 'to be read when kec starts: none runs now'
  const rows = [
    [journaled, 'in the journal'],
    [filtered, `filtered (${by.join(', ')})`],
    [history, 'skipped as history'],
    [unexplained.length, explanations[explanation]],
    [late.length, coming],
    [missing.length, 'MISSING: never seen, though what is newer was'],
  ] as const
  const digits = thousands(listed).length
  const lines = rows
    .filter(([count], i) => i === 0 || count > 0)
    .map(([count, what]) => {
      const text = `  ${thousands(count).padStart(digits)}  ${wrapText(printable(what), width, ' '.repeat(digits + 4))}\n`
      return what.startsWith('MISSING') ? paint('red', text) : text
    })
  const lost = [...missing, ...(explanation === 'lost' ? unexplained : [])]
  return `${where} the API server holds ${counted(listed, 'event')} at version ${version}:\n${lines.join('')}${namesOf(lost)}`
}

function namesOf(lost: readonly ListedEvent[]): string {
  const shown = lost.slice(0, mostShown).map(({ uid, version, reason, namespace, name }) => {
    const text = `${reason}: event ${namespace}/${name}, uid ${uid}, version ${version}`
    return `  - ${wrapText(printable(text), width, '    ')}\n`
  })
  const more = lost.length - shown.length
  return `${shown.join('')}${more > 0 ? `  and ${counted(more, 'event')} more: -o json lists all\n` : ''}`
}
