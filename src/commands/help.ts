import type { Definition } from 'clipanion'

/** A flag of a command, read from what clipanion says of it. */
export interface Flag {
  /** With their dashes; the long one last. */
  readonly names: readonly string[]
  readonly takesValue: boolean
  readonly description: string
}

/** The words that call the command: ['generate']. */
export function wordsOf(command: Definition): readonly string[] {
  return command.path.split(' ').slice(1)
}

/** The words without dashes that a command takes, as its usage shows them: `[ID]…`, any number of them; or each by its name, such as `NAME`. */
export function argumentsOf({ usage }: Definition): readonly string[] {
  if (usage.endsWith(' ...')) return [ids]
  return [...usage.matchAll(/ <([A-Z]+)>/g)].map(([, name = '']) => name)
}

const ids = '[ID]…'

/** How many of them there may be. */
export function mostArguments(command: Definition): number {
  const names = argumentsOf(command)
  return names.includes(ids) ? Number.POSITIVE_INFINITY : names.length
}

export function flagsOf(command: Definition): readonly Flag[] {
  return command.options.map(({ definition, description = '' }) => {
    const [names = '', value] = definition.split(' ') // '-o,--output #0'
    return { names: names.split(','), takesValue: value !== undefined, description }
  })
}

/** `-o, --output OUTPUT`: the value is called by the last word of the flag's name. */
function signature({ names, takesValue }: Flag, between: string): string {
  const value = names.at(-1)?.split('-').at(-1)?.toUpperCase()
  return `${names.join(between)}${takesValue ? ` ${value}` : ''}`
}

const width = 80

/** Joins pieces by spaces; a line that would get too long goes on in the next, indented. The first one begins behind `taken` characters. */
function wrap(pieces: readonly string[], indent: string, taken = 0): string {
  const lines: string[] = []
  let line = ''
  let room = width - taken
  for (const piece of pieces) {
    if (line !== '' && line.length + 1 + piece.length > room) {
      lines.push(line)
      line = indent + piece
      room = width
    } else line += line === '' ? piece : ` ${piece}`
  }
  return [...lines, line].join('\n')
}

function table(rows: readonly (readonly [left: string, right: string])[]): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4
  return rows.map(([a, b]) => `  ${a.padEnd(left - 2)}${wrap(b.split(' '), ' '.repeat(left), left)}`).join('\n')
}

/** `Usage: kec start [--config CONFIG] …`, wrapped. */
export function usageLine(command: Definition): string {
  const flags = flagsOf(command).map(flag => `[${signature(flag, '|')}]`)
  return wrap(['Usage:', command.path, ...argumentsOf(command), ...flags], '         ')
}

/** `kec COMMAND --help`. */
export function commandHelp(command: Definition): string {
  const rows = flagsOf(command).map(flag => [signature(flag, ', '), flag.description.trim()] as const)
  const parts = [
    wrap((command.description?.trim() ?? '').split(' '), ''),
    ['Usage:', command.path, ...argumentsOf(command), '[FLAGS]'].join(' '),
    `Flags:\n${table([...rows, ['-h, --help', 'Show this help.']])}`,
    ...(command.details ? [command.details.trim().replaceAll(/ +$/gm, '')] : []),
    ...(command.examples ? [`Examples:\n${command.examples.map(([label, line]) => `  ${label.trim()}\n    $ ${line}`).join('\n\n')}`] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

/** `kec GROUP --help`: of a word that several commands begin with. */
export function groupHelp(group: string, commands: readonly Definition[]): string {
  return `Usage: kec ${group} COMMAND [FLAGS]

Commands:
${table(commands.map(row))}

kec ${group} COMMAND --help says more.
`
}

function row(command: Definition): readonly [left: string, right: string] {
  return [wordsOf(command).join(' '), command.description?.trim() ?? '']
}

/** `kec --help`. */
export function generalHelp(commands: readonly Definition[], version: string): string {
  const rows = commands.map(row)
  const flags = [
    ['-h, --help', 'Show this help, or that of a command: kec start --help.'],
    ['-v, --version', 'Show the version.'],
  ] as const
  return `kec ${version} collects the events of a Kubernetes cluster and hands every one
of them to the sinks you configure.

Usage: kec COMMAND [FLAGS]

Commands:
${table(rows)}

Flags:
${table(flags)}
`
}
