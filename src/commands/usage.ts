import type { Definition } from 'clipanion'
import { aDuration, parseDuration } from '../duration.ts'
import { KecError } from '../errors.ts'
import { didYouMean } from '../nearest.ts'
import { argumentsOf, flagsOf, mostArguments, usageLine, wordsOf } from './help.ts'

/** The part of a command line in which flags are flags: all before `--`. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

/** The command that a command line names, right or wrong as the rest of it may be. */
export function commandOf(argv: readonly string[], commands: readonly Definition[]): Definition | undefined {
  const words = beforeDashes(argv).filter(word => !word.startsWith('-'))
  // The first place counts: behind it, the name of a command is a value.
  for (const at of words.keys()) {
    const called = commands.find(command => wordsOf(command).every((word, i) => words[at + i] === word))
    if (called !== undefined) return called
  }
  return undefined
}

/** The commands of several words that begin with this one. */
export function groupOf(word: string, commands: readonly Definition[]): readonly Definition[] {
  return commands.filter(command => wordsOf(command).length > 1 && wordsOf(command)[0] === word)
}

function noCommand(argv: readonly string[], commands: readonly Definition[]): string {
  const first = argv[0] ?? ''
  const group = groupOf(first, commands).map(command => wordsOf(command).slice(1).join(' '))
  if (group.length > 0) {
    const second = argv[1] ?? ''
    const what = second.startsWith('-') ? `kec ${first} is followed by a command.` : `There is no command "kec ${first} ${second}".`
    return `${what}${didYouMean(second, group)} There are ${group.join(', ')}.`
  }
  const names = commands.map(command => wordsOf(command).join(' '))
  const what = first.startsWith('-') ? 'A command must come first.' : `There is no command ${JSON.stringify(first)}.`
  return `${what}${didYouMean(first, [...names, '--help', '--version'])}`
}

function wrongFlags(argv: readonly string[], command: Definition): string | undefined {
  const flags = flagsOf(command)
  const names = [...flags.flatMap(flag => flag.names), '--help']
  const words = beforeDashes(argv)
  const path = [...wordsOf(command)]
  const most = mostArguments(command)
  const tooMany = (word: string) => `${command.path} takes no ${most === 0 ? '' : 'further '}argument ${JSON.stringify(word)}.`
  let given = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (!word.startsWith('-') || word === '-') {
      if (word === path[0]) path.shift()
      else if (++given > most) return `${tooMany(word)}${didYouMean(`--${word}`, names)}`
      continue
    }
    const [name = '', value] = word.split(/=(.*)/s)
    const flag = flags.find(({ names }) => names.includes(name))
    if (flag === undefined) {
      const negated = flags.some(({ names, takesValue }) => !takesValue && names.some(each => name === `--no-${each.slice(2)}`))
      if (negated) continue
      return `${command.path} has no flag ${name}.${didYouMean(name, names)}`
    }
    if (!flag.takesValue) {
      if (value !== undefined) return `${name} takes no value.`
    } else if (value === undefined) {
      const next = words[++i]
      if (next === undefined) return `${name} needs a value.`
      if (next.startsWith('-') && next !== '-') return `${name} needs a value; one that begins with a dash is written ${name}=${next}.`
    }
  }
  const behind = argv.slice(words.length + 1)
  const extra = behind[most - given]
  if (extra !== undefined) return tooMany(extra)
  const missing = argumentsOf(command)[given + behind.length]
  return missing === undefined || most === Number.POSITIVE_INFINITY ? undefined : `${command.path} needs a ${missing}.`
}

/** What is wrong with a command line that was refused, and the usage of what it called. */
export function usageError(argv: readonly string[], commands: readonly Definition[], refusal: Error): KecError {
  const command = commandOf(argv, commands)
  if (command === undefined) return new KecError('KEC_USAGE', noCommand(argv, commands), 'kec --help lists the commands.')
  const [summary = ''] = refusal.message.split('\n')
  return withUsage(new KecError('KEC_USAGE', wrongFlags(argv, command) ?? summary, ''), command)
}

/** The same error with the command's usage in its remedy. */
export function withUsage(error: KecError, command: Definition): KecError {
  const fix = [error.fix, usageLine(command), `${command.path} --help says more.`].filter(line => line !== '').join('\n')
  return new KecError(error.code, error.message, fix, { cause: error })
}

/**
 * The value of a flag that takes one of a few, in any letter case.
 * @throws KecError KEC_USAGE with what it may be.
 */
export function choice<const Value extends string>(flag: string, given: string, allowed: readonly Value[]): Value {
  const found = allowed.find(value => value.toLowerCase() === given.toLowerCase())
  if (found !== undefined) return found
  throw new KecError(
    'KEC_USAGE',
    `${flag} cannot be ${JSON.stringify(given)}.${didYouMean(given, allowed)}`,
    `It is one of ${allowed.join(', ')}.`,
  )
}

/** Beyond it Node's timers ring at once. */
const longest = 24 * 86_400_000

/**
 * The value of a flag that takes a time, in milliseconds.
 * @throws KecError KEC_USAGE with what it may be.
 */
export function duration(flag: string, given: string): number {
  const parsed = parseDuration(given)
  if (parsed !== undefined && parsed <= longest) return parsed
  throw new KecError('KEC_USAGE', `${flag} cannot be ${JSON.stringify(given)}.`, `It is ${aDuration}, up to "24d".`)
}
