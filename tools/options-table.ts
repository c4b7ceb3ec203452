// The table of a plugin's options in its README: what its zod schema says, with the descriptions there.
import { z } from 'zod'

/** What stands in a README around the table; what is between them is written by `npm run docs`. */
const begin = '<!-- options: written by "npm run docs" from src/options.ts; change it there -->'
const end = '<!-- /options -->'

/** A JSON schema, as far as the table needs it. */
interface Node {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  /** By `.meta({ without: … })`: what holds if the option is left out and has no default of its own. */
  readonly without?: string
}

/** Has the README a place for the table? */
export const hasTable = (readme: string) => readme.includes(begin)

/** The README with the table of this schema at its place. */
export function withTable(readme: string, schema: z.ZodType): string {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`a README with a table of options has these two lines: ${begin} and ${end}`)
  return `${readme.slice(0, from) + begin}\n\n${optionsTable(schema)}\n\n${readme.slice(to)}`
}

/**
 * A row for each option that has a description (`.describe(…)`, or `.meta({ description: …, without: 'standard output' })`), those of objects
 * as `outer.inner`. An option without a description, and without options in it that have one, is an error: who uses it must know what it does.
 */
export function optionsTable(schema: z.ZodType): string {
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node // of which Node has a part
  return ['| option | default | meaning |', '|---|---|---|', ...rowsOf(node, '')].join('\n')
}

function rowsOf(node: Node, prefix: string): string[] {
  const rows = Object.entries(node.properties ?? {}).flatMap(([key, option]) => {
    const path = prefix + key
    const inner = rowsOf(option, `${path}.`)
    if (option.description === undefined && inner.length === 0) throw new Error(`the option ${path} has no description`)
    const isRequired = node.required?.includes(key) ?? false
    const own = option.description === undefined ? [] : [`| \`${path}\` | ${defaultOf(option, isRequired)} | ${cell(option.description)} |`]
    return [...own, ...inner]
  })
  const alternatives = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(one => rowsOf(one, prefix))
  return [...new Set([...rows, ...alternatives])]
}

function defaultOf(option: Node, isRequired: boolean): string {
  if (option.without !== undefined) return cell(option.without)
  if (isRequired) return 'required'
  if (option.default === undefined) return 'none'
  return typeof option.default === 'number' || typeof option.default === 'boolean'
    ? String(option.default)
    : `\`${cell(typeof option.default === 'string' ? option.default : JSON.stringify(option.default))}\``
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
