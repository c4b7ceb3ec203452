import type { KubeEvent } from '@kec/plugin-api'
import { printable } from '../printable.ts'
import { clockText, type Paint, timeText, wrapText } from './text.ts'

/** How events are shown: on a terminal the message stands in lines of its own, elsewhere an event is one line. */
export interface EventForm {
  readonly paint: Paint
  /** Of the terminal; undefined elsewhere. */
  readonly columns: number | undefined
  readonly today: Date
}

/** `12:35:17 Warning BackOff Pod shop/web-0 ×5`, and what its message says. */
export function eventText(event: KubeEvent, { paint, columns, today }: EventForm): string {
  const { type, reason, count, message } = event
  const kind = printable(type === '' ? '-' : type)
  const times = count > 1 ? ` ×${count}` : ''
  const what = `${printable(reason === '' ? '-' : reason)} ${printable(objectText(event))}${times}`
  if (columns === undefined) return `${shownTime(new Date(event.time))} ${kind} ${what}: ${printable(message)}\n`
  const time = shownTime(new Date(event.time), today)
  const indent = '  '
  const head = wrapText(`${time} ${kind} ${what}`, columns, indent, 0)
  const style = type === 'Normal' ? 'dim' : 'yellow'
  const painted = head.startsWith(`${time} ${kind} `)
    ? `${paint('dim', time)} ${paint(style, kind)}${head.slice(time.length + 1 + kind.length)}`
    : head
  return `${painted}\n${message === '' ? '' : `${indent}${wrapText(printable(message), columns, indent)}\n`}`
}

/** `Pod shop/web-0`; what is in no namespace, as `Node worker-1`. */
export function objectText({ regarding: { kind, namespace, name }, name: own }: KubeEvent): string {
  if (kind === '' && name === '') return own
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** Without the date if that is today's. */
function shownTime(time: Date, today?: Date): string {
  if (Number.isNaN(time.getTime())) return '--:--:--'
  return time.toDateString() === today?.toDateString() ? clockText(time) : timeText(time)
}
