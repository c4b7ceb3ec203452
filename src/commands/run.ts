import { Cli, type Command, type CommandClass } from 'clipanion'
import { KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import { report } from '../report.ts'
import { version } from '../version.ts'
import { commandHelp, generalHelp, groupHelp } from './help.ts'
import { beforeDashes, commandOf, groupOf, usageError, withUsage } from './usage.ts'

const asksForHelp = (word: string): boolean => /^(-h|--help)(=|$)/.test(word)

/** Runs the command that a command line names. Errors are shown on io.stderr; the promise gives the exit code and never fails. */
export async function run(commands: readonly CommandClass[], given: readonly string[], io: Io): Promise<number> {
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const first = argv[0] ?? '--help'
  // clipanion's own run() would show errors on stdout, with colours in a pipe, and exit with 1: here it only parses.
  const cli = Cli.from([...commands], { binaryName: 'kec' })
  const definitions = cli.definitions()
  const called = commandOf(argv, definitions)

  if (called !== undefined && beforeDashes(argv).some(asksForHelp)) {
    io.stdout.write(commandHelp(called))
    return 0
  }
  const group = groupOf(first, definitions)
  if (group.length > 0 && argv.slice(1).every(asksForHelp)) {
    io.stdout.write(groupHelp(first, group))
    return 0
  }
  if (asksForHelp(first) && argv.length <= 1) {
    io.stdout.write(generalHelp(definitions, version()))
    return 0
  }
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${version()}\n`)
    return 0
  }

  let command: Command
  try {
    command = cli.process([...argv], { ...io, env: { ...io.env } })
  } catch (refusal) {
    const wrongUsage = refusal instanceof Error && 'clipanion' in refusal
    return report(wrongUsage ? usageError(argv, definitions, refusal) : refusal, io.stderr)
  }
  try {
    return await command.validateAndExecute()
  } catch (error) {
    const wrongUsage = error instanceof KecError && error.code === 'KEC_USAGE' && called !== undefined
    return report(wrongUsage ? withUsage(error, called) : error, io.stderr)
  }
}
