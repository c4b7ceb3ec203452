/** One line of a Dockerfile: `COPY --from=build /kec /kec` has the flag from, and two words. */
export interface Instruction {
  readonly name: string
  readonly flags: Readonly<Record<string, string>>
  /** What follows the flags, as it stands there. */
  readonly rest: string
  readonly words: readonly string[]
}

export interface Stage {
  readonly base: string
  /** After AS. */
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** The stages of a Dockerfile, first to last. Knows what ours has: comments, flags, lists in brackets; no continued lines, no ARG. */
export function stagesOf(text: string): Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (line.endsWith('\\')) throw new Error(`a continued line, which this reader does not know: ${line}`)
    const instruction = parse(line)
    if (instruction.name === 'FROM') {
      const [base = '', , name] = instruction.words
      stages.push({ base, name, instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`before FROM: ${line}`)
      stage.instructions.push(instruction)
    }
  }
  return stages
}

function parse(line: string): Instruction {
  const { name = '', flags = '', rest = '' } = /^(?<name>[A-Z]+) +(?<flags>(?:--\S+ +)*)(?<rest>.*)$/.exec(line)?.groups ?? {}
  if (name === '') throw new Error(`no instruction of a Dockerfile: ${line}`)
  const pairs = [...flags.matchAll(/--(\S+?)=(\S+)/g)].map(([, flag = '', value = '']) => [flag, value])
  const words: string[] = rest.startsWith('[') ? JSON.parse(rest) : rest.split(/ +/)
  return { name, flags: Object.fromEntries(pairs), rest, words }
}

/** Whether a .dockerignore leaves this path out: the last line that speaks of it, or of a folder around it, decides. */
export function ignores(dockerignore: string): (path: string) => boolean {
  const lines = dockerignore.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const rules = lines.map(line => ({ pattern: globOf(line.replace(/^!/, '')), leavesOut: !line.startsWith('!') }))
  return path => rules.findLast(({ pattern }) => pattern.test(path))?.leavesOut ?? false
}

/** Unlike in node:path's matchesGlob, a star takes names that begin with a dot as well. */
function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll('.', '\\.').replaceAll(/\*\*\/|\*/g, star => (star === '*' ? '[^/]*' : '(?:.*/)?'))
  return new RegExp(`^${source}(?:/|$)`)
}
