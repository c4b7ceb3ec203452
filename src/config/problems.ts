import { KecError } from '../errors.ts'

/** The way to a value in the configuration. */
export type Path = readonly PropertyKey[]

/** One mistake in the configuration. */
export interface Problem {
  /** Empty for the file as a whole. */
  readonly path: Path
  /** What is wrong, as a sentence without its full stop. */
  readonly what: string
  /** What would be right, as a sentence. */
  readonly fix: string
  /** `file:line`, where it is not in the configuration file itself. */
  readonly place?: string | undefined
}

/** What problems are told with. */
export interface ProblemContext {
  /** The configuration file, as people read it. */
  readonly file: string
  /** The line of a value in it, where the format has lines. */
  lineOf(path: Path): number | undefined
  /** Takes secrets out of a text. */
  mask(text: string): string
}

/** `plugins[1].options.url` */
export function pathText(path: Path): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else if (typeof key === 'string' && /^[\w$-]+$/.test(key)) text += text === '' ? key : `.${key}`
    else text += `[${JSON.stringify(String(key))}]`
  }
  return text
}

/** Whoever shows the error indents it by two. */
const width = 78

/** Breaks a text into lines, all but the first indented; a word that is longer than a line stays whole. */
function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `  ${word}`
    } else line += line === '' ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}

function told(problem: Problem, context: ProblemContext): string {
  const line = context.lineOf(problem.path)
  const path = pathText(problem.path)
  const here = line === undefined ? undefined : path === '' ? `${context.file}:${line}` : `line ${line}`
  const place = problem.place ?? here
  const head = path === '' ? (place ?? context.file) : place === undefined ? path : `${path} (${place})`
  return wrap(context.mask(`${head}: ${problem.what}. ${problem.fix}`))
}

/** The one error that lists every problem, in the order of the file where that is known. */
export function configError(problems: readonly Problem[], context: ProblemContext): KecError {
  const line = (problem: Problem): number => context.lineOf(problem.path) ?? 0
  const sorted = problems.toSorted((a, b) => line(a) - line(b))
  const mistakes = sorted.length === 1 ? 'a mistake' : `${sorted.length} mistakes`
  const message = [`${context.file} has ${mistakes}.`, ...sorted.map(problem => told(problem, context))].join('\n')
  return new KecError('KEC_CONFIG', message, 'Nothing was started.')
}
