/** How a mail writes its times. */
export interface Times {
  /** Such as `11-24 14:02:11`. */
  at(time: Date): string
  /** From one to another, such as `11-24 14:02:11 – 14:07:40`; the day once, where it is one day. */
  span(first: Date, last: Date): string
  readonly zone: string
}

/** `timeZone`: an IANA name; default: the machine's. */
export function timesIn(timeZone?: string): Times {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(timeZone === undefined ? {} : { timeZone }),
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const partsOf = (time: Date) => {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
    return { day: `${part.month}-${part.day}`, clock: `${part.hour}:${part.minute}:${part.second}` }
  }
  const at = (time: Date) => {
    const { day, clock } = partsOf(time)
    return `${day} ${clock}`
  }
  return {
    at,
    span(first, last) {
      const [from, to] = [partsOf(first), partsOf(last)]
      if (at(first) === at(last)) return at(first)
      return `${at(first)} – ${from.day === to.day ? to.clock : at(last)}`
    },
    zone: format.resolvedOptions().timeZone,
  }
}
