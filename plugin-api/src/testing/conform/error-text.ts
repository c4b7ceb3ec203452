/** All that an error tells, with its causes. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, stack = '', cause } = error
  return [stack.includes(message) ? stack : `${message}\n${stack}`, ...(cause === undefined ? [] : [textOf(cause)])].join('\n')
}

/** What it says, on a line. */
export function messageOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error))
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 200) ?? ''
}
