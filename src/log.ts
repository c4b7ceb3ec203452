import type { Log } from '@kec/plugin-api'
import { destination, type Logger, pino } from 'pino'
import { plain, plainText } from './log-fields.ts'
import { readableLine } from './log-readable.ts'
import { printableJson } from './printable.ts'

type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogSettings {
  /** What is below is not written. */
  readonly level: LogLevel
  /** `readable`: a line for people, with colours if asked for; `json`: an object on each line. */
  readonly form: 'readable' | 'json'
  readonly colour: boolean
  /** Takes out what is secret, from every text that is logged. Default: nothing is secret. */
  readonly mask?: (text: string) => string
  /** A file descriptor. Default 2: stderr. */
  readonly fd?: number
}

/** kec's own log. */
export interface KecLog extends Log {
  /** The same log with more fields on each line, such as `{ plugin: 'webhook' }`; a line cannot set them itself. */
  child(fields: Readonly<Record<string, unknown>>): KecLog
}

/** The form that suits a stream: people read terminals, programs read pipes. NO_COLOR with any value turns colours off. */
export function formFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Pick<LogSettings, 'form' | 'colour'> {
  const terminal = stream.isTTY === true
  return { form: terminal ? 'readable' : 'json', colour: terminal && !env.NO_COLOR && env.TERM !== 'dumb' }
}

/** Opens kec's own log. Each line is written before the call returns, so nothing is lost when the process ends. */
export function openLog({ level, form, colour, mask = text => text, fd = 2 }: LogSettings): KecLog {
  // What cannot be written waits, up to maxLength; then it is dropped. A log that fails has nobody to tell.
  const file = destination({ fd, sync: true, maxLength: 1024 * 1024 })
  file.on('error', () => undefined)
  const write = form === 'json' ? printableJson : (line: string) => readableLine(line, colour)
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    { write: line => file.write(write(line)) },
  )
  return wrap(logger, mask, {})
}

// Not by pino's own children: a line's field and a child's field of one name would both be written, and readers take the last.
function wrap(logger: Logger, mask: (text: string) => string, bound: Readonly<Record<string, unknown>>): KecLog {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      // Not worth its cost when nobody will read it.
      if (logger.isLevelEnabled(level)) logger[level]({ ...plain(fields, mask), ...bound }, plainText(String(message), mask))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: fields => wrap(logger, mask, { ...bound, ...plain(fields, mask) }),
  }
}
