/** What the API server writes where a time is not set. */
const unknown = '<unknown>'

/** How long ago, as kubectl shows it: `45s`, `3m20s`, `5h`, `2d3h`. */
export function ageOf(time: string | null | undefined, now: number): string {
  if (!time) return unknown
  return humanDuration(now - Date.parse(time))
}

/** Two units where one would be coarse, as the API server does: the longer it is, the less it says. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  // Clocks differ: a second ahead is now.
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return two(days, 'd', hours % 24, 'h')
  if (days < 365 * 2) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`
}

const two = (large: number, unit: string, small: number, smallUnit: string): string =>
  `${large}${unit}${small === 0 ? '' : `${small}${smallUnit}`}`
