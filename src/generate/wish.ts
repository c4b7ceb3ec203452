import { KecError } from '../errors.ts'

/** The command line as it was given. */
export interface GenerateFlags {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly kind?: string | undefined
  readonly name?: string | undefined
  readonly namespace?: string | undefined
  readonly type?: 'Normal' | 'Warning' | undefined
  readonly action?: string | undefined
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly output?: Output | undefined
  readonly count?: string | undefined
  readonly rate?: string | undefined
  readonly repeat?: string | undefined
  readonly series: boolean
  readonly dryRun: boolean
}

export type Output = 'json' | 'yaml' | 'name'

/** What is to be created: checked as far as it can be without a cluster. */
export interface Wish {
  /** Undefined: the namespace itself. */
  readonly object: { readonly kind: string; readonly name: string } | undefined
  /** Undefined: default. */
  readonly namespace: string | undefined
  readonly type: 'Normal' | 'Warning'
  readonly action: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly repeat: number
  /** Repeats in the newer form: a series, not a count. */
  readonly series: boolean
  /** Events, or updates, each second; undefined: as fast as it goes. */
  readonly rate: number | undefined
}

/** Throws KEC_USAGE, which names the flag. */
export function readWish(flags: GenerateFlags): Wish {
  const { kind, name, type = 'Warning', action = 'Testing', reason = 'Testing-Reason', message = 'Testing-Message' } = flags
  if (kind !== undefined && name === undefined) {
    throw wrong('--kind needs --name: the object that the event is about', `For example --kind ${kind || 'pods'} --name NAME`)
  }
  for (const [flag, value] of [
    ['--kind', kind],
    ['--name', name],
    ['--namespace', flags.namespace],
    ['--action', action],
    ['--reason', reason],
  ] as const) {
    checkEmpty(flag, value)
  }
  checkLength('--action', action, 128)
  checkLength('--reason', reason, 128)
  checkLength('--message', message, 1024)
  const count = wholeNumber('--count', flags.count)
  const repeat = wholeNumber('--repeat', flags.repeat)
  if (flags.count !== undefined && flags.repeat !== undefined) {
    throw wrong('--count and --repeat exclude each other', '--count N makes N events; --repeat N makes one that happens N times.')
  }
  if (flags.rate !== undefined && flags.count === undefined && flags.repeat === undefined) {
    throw wrong('--rate needs --count or --repeat', 'For example --count 100 --rate 10')
  }
  if (flags.series && flags.repeat === undefined) {
    throw wrong('--series needs --repeat or --scenario', 'For example --repeat 10 --series: it is about how repeats are written.')
  }
  return {
    object: name === undefined ? undefined : { kind: kind ?? 'pods', name },
    namespace: flags.namespace,
    type,
    action,
    reason,
    message,
    count,
    repeat,
    series: flags.series,
    rate: flags.rate === undefined ? undefined : positiveNumber('--rate', flags.rate, 'a number of events each second'),
  }
}

const wrong = (message: string, fix: string) => new KecError('KEC_USAGE', message, fix)

/** The API server counts bytes, whatever it says. */
function checkLength(flag: string, value: string, limit: number): void {
  const bytes = Buffer.byteLength(value)
  if (bytes > limit) throw wrong(`${flag} has ${bytes} bytes`, `The API server takes ${limit} at most.`)
}

function wholeNumber(flag: string, value: string | undefined): number {
  if (value === undefined) return 1
  if (/^\d{1,9}$/.test(value) && Number(value) > 0) return Number(value)
  throw wrong(`${flag} cannot be ${JSON.stringify(value)}`, 'It is a whole number, 1 or more.')
}

/** `what` it is, for people. Throws KEC_USAGE. */
export function positiveNumber(flag: string, value: string, what: string): number {
  if (/^\d*\.?\d+$/.test(value) && Number(value) > 0) return Number(value)
  throw wrong(`${flag} cannot be ${JSON.stringify(value)}`, `It is ${what}, above 0.`)
}

/** Throws KEC_USAGE. */
export function checkEmpty(flag: string, value: string | undefined): void {
  if (value === '') throw wrong(`${flag} is empty`, 'Give it a value, or leave it out.')
}
