import { printable } from '../printable.ts'
import type { SinkBook, SourceBook } from './books.ts'
import type { StatusReport } from './report.ts'
import { bytesText, type Cell, clockText, counted, durationText, type Paint, table, thousands, timeText, wrapText } from './text.ts'

const width = 80

/** The report on one screen of 80 columns. */
export function statusText(report: StatusReport, now: Date, paint: Paint): string {
  return [
    headText(report, now, paint),
    sourceText(report, now, paint),
    sinksText(report, paint),
    booksText(report, paint),
    gapsText(report, paint),
  ]
    .filter(part => part !== '')
    .join('\n')
}

function headText({ kec, cluster, journal }: StatusReport, now: Date, paint: Paint): string {
  const { file, events, oldest, inPlace = true, bytes, maxBytes, hours } = journal
  const holds = hours === undefined ? '' : `; at today's rate that holds ${durationText(hours * 3_600)}`
  const room = maxBytes === undefined ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(maxBytes)}${holds}`
  const runs =
    kec && `runs since ${timeText(kec.started)} (${durationText((now.getTime() - kec.started.getTime()) / 1000)}), pid ${kec.pid}`
  const rows = [
    ['kec', kec === null ? paint('yellow', 'no kec runs; this is what the journal says') : `${kec.version} ${runs}`],
    ['cluster', cluster === null ? 'not known yet' : `${cluster.name} (${cluster.uid})`],
    ['', [cluster?.server, cluster?.origin].filter(text => text !== undefined).join(', ')],
    ['journal', file],
    ['', `${counted(events - oldest + 1, 'event')}${oldest > 1 ? ` of the ${thousands(events)} that it ever had` : ''}, ${room}`],
    ['', inPlace ? '' : paint('red', 'MOVED OR DELETED: what is in it is lost when kec ends; start kec again')],
  ]
  const told = rows.filter(([, text]) => text !== '')
  return told.map(([label = '', text = '']) => `${label.padEnd(9)}${wrapText(printableBut(text), width, ' '.repeat(9))}\n`).join('')
}

/** What paint() made may stay. */
function printableBut(text: string): string {
  return text.startsWith('\u001b') ? text : printable(text)
}

function sourceText({ source }: StatusReport, now: Date, paint: Paint): string {
  if (source.length === 0) return `${paint('bold', 'SOURCE')}\nThe API server has not answered yet.\n`
  const rows = source.map(({ name, listed, connected, lagSeconds, liveEvents, version, seen }): Cell[] => {
    const state: Cell =
      connected === undefined
        ? listed
          ? 'listed'
          : ['not listed', 'yellow']
        : connected
          ? listed
            ? ['watching', 'green']
            : ['listing', 'yellow']
          : ['not connected', 'red']
    const read = listed ? `${durationText(Math.max(0, now.getTime() - seen.getTime()) / 1000)} ago` : 'never'
    return [
      name === '*' ? 'all namespaces' : name,
      state,
      lagSeconds === undefined ? '-' : durationText(lagSeconds),
      liveEvents === undefined ? '-' : thousands(liveEvents),
      version,
      read,
    ]
  })
  const errors = source.flatMap(({ name, failing }) => (failing === undefined ? [] : [complaint(name, failing, paint)]))
  return `${table(['SOURCE', 'STATE', 'LAG', 'LIVE', 'VERSION', 'HEARD'], rows, paint)}${errors.join('')}`
}

function sinksText({ sinks, replays }: StatusReport, paint: Paint): string {
  if (sinks.length === 0) return `${paint('bold', 'SINK')}\nNone.\n`
  const rows = sinks.map(({ name, state, delivered, pending, dead, lastError }): Cell[] => [
    shortened(name, 24),
    [state, state === 'waiting' ? 'yellow' : undefined],
    thousands(delivered),
    [thousands(pending), pending > 0 && lastError !== undefined ? 'yellow' : undefined],
    [thousands(dead), dead > 0 ? 'red' : undefined],
  ])
  const errors = sinks.flatMap(({ name, lastError, lastSuccess }) =>
    lastError === undefined
      ? []
      : [complaint(name, `${lastError}${lastSuccess === undefined ? '' : ` (last success ${clockText(lastSuccess)})`}`, paint)],
  )
  const open = replays.map(({ consumer, next, last, asked }) => {
    const text = `replay of ${clockText(asked)}: ${counted(last - next + 1, 'event')} still to look at`
    return `${printable(consumer)}: ${text}\n`
  })
  return `${table(['SINK', 'STATE', 'DELIVERED', 'PENDING', 'DEAD'], rows, paint)}${errors.join('')}${open.join('')}`
}

function complaint(name: string, what: string, paint: Paint): string {
  return `${paint('red', wrapText(printable(`${name}: ${what}`), width, '  ', 0))}\n`
}

function booksText({ received, sinks }: StatusReport, paint: Paint): string {
  const lines = [sourceLine(received, paint), ...sinks.map(({ name, ...book }) => sinkLine(name, book, paint))]
  return `${paint('bold', 'BOOKS')}\n${lines.map(line => `${line}\n`).join('')}`
}

function sourceLine({ received, journaled, duplicates, filtered, historySkipped, causes, balances }: SourceBook, paint: Paint): string {
  const by = Object.entries(causes).map(([cause, count]) => `${cause} ${thousands(count)}`)
  const terms = [
    [journaled, 'journaled'],
    [duplicates, 'known already'],
    [filtered, `filtered${by.length === 0 ? '' : ` (${by.join(', ')})`}`],
    [historySkipped, 'skipped as history'],
  ] as const
  return equation('received', received, terms, balances, paint)
}

function sinkLine(
  name: string,
  { journaled, delivered, skipped, dead, discarded, expired, pending, balances }: SinkBook,
  paint: Paint,
): string {
  const terms = [
    [delivered, 'delivered'],
    [skipped, 'skipped'],
    [dead, dead === 1 ? 'dead letter' : 'dead letters'],
    [discarded, 'discarded'],
    [expired, 'expired'],
    [pending, 'pending'],
  ] as const
  return equation(name, journaled, terms, balances, paint)
}

/** `log: 12 = 10 delivered + 2 pending: balances`; terms of zero are left out, but for the first. */
function equation(name: string, sum: number, terms: readonly (readonly [number, string])[], balances: boolean, paint: Paint): string {
  // A number stays with its word.
  const shown = terms.filter(([count], i) => i === 0 || count > 0).map(([count, what]) => `${thousands(count)}\u00a0${what}`)
  const verdict = balances ? 'balances' : 'UNBALANCED'
  const text = printable(`${name}: ${thousands(sum)} = ${shown.join(' + ')}; `)
  const lines = wrapText(`${text}${verdict}`, width, '  ', 0).replaceAll('\u00a0', ' ')
  return `${lines.slice(0, -verdict.length)}${paint(balances ? 'green' : 'red', verdict)}`
}

function gapsText({ gaps: { seconds, newest } }: StatusReport, paint: Paint): string {
  if (newest.length === 0) return `${paint('bold', 'GAPS')}\nNone: nothing can have come and gone unseen.\n`
  const rows = newest.map(({ stream, from, to, cause }) => [
    timeText(from),
    timeText(to),
    durationText((to.getTime() - from.getTime()) / 1000),
    cause,
    stream === '*' ? 'all namespaces' : stream,
  ])
  const head = ['GAPS: FROM', 'TO', 'LENGTH', 'CAUSE', 'SOURCE']
  return `${table(head, rows, paint)}In these times, ${durationText(seconds)} in all, events may have come and gone unseen.\n`
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
