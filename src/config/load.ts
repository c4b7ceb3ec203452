import { dirname } from 'node:path'
import type { KecError } from '../errors.ts'
import { type AdmittedEntry, admit } from '../host/admit.ts'
import { shownPath } from '../place.ts'
import { findConfig } from './find.ts'
import { problemsOf } from './issues.ts'
import { isPredecessor, translatePredecessor } from './predecessor.ts'
import { configError, type Path, type Problem, pathText } from './problems.ts'
import { readConfig } from './read.ts'
import { resolveReferences } from './references.ts'
import { type Settings, schema } from './schema.ts'
import { createMask } from './secrets.ts'

export interface LoadOptions {
  /** The folder that a configuration is looked for in. */
  readonly cwd: string
  /** The configuration file, instead of looking for one. */
  readonly file?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `false`: plugins with mistakes are left out, for who needs only the rest: secrets that sinks need may not be in an operator's shell. */
  readonly strictPlugins?: boolean
}

/** A configuration without a mistake, with its plugins. */
export interface LoadedConfig {
  /** Undefined if there is none, and the defaults are run with. */
  readonly file: string | undefined
  readonly config: Settings
  readonly entries: readonly AdmittedEntry[]
  /** What the operator should be told at start. */
  readonly notices: readonly string[]
  readonly secrets: {
    /** Takes the values of references out of a text. */
    mask(text: string): string
  }
  /** The error that lists problems which only show when the plugins are set up. */
  refuse(problems: readonly Problem[]): KecError
}

const defaultPlugins = ['log', 'metrics'] as const

/** kec's own keys are shown on purpose (the cluster's name stands in every event); only what plugins are given is secret. */
const isSecret = ({ path }: { readonly path: Path }): boolean => path[0] === 'plugins' || path[0] === 'sender'

/** Finds, reads and checks the configuration, and admits its plugins. Throws KEC_CONFIG with every mistake. */
export async function loadConfig({ cwd, file: named, env = process.env, strictPlugins = true }: LoadOptions): Promise<LoadedConfig> {
  const found = await findConfig(cwd, named)
  const notices = (found?.ignored ?? []).map(other => `${shownPath(other, cwd)} is not read: another configuration stands beside it.`)
  if (found === undefined) notices.push('There is no kec.config.* here: kec runs with its defaults, the plugins log and metrics.')

  const folder = found === undefined ? cwd : dirname(found.file)
  const shown = found === undefined ? 'the default configuration' : shownPath(found.file, cwd)
  const content = found === undefined ? { value: {}, problems: [], lineOf: () => undefined } : await readConfig(found.file, cwd)
  const { lineOf } = content
  if (content.problems.length > 0) throw configError(content.problems, { file: shown, lineOf, mask: text => text })

  const references = resolveReferences(content.value, folder, env)
  const problems: Problem[] = [...references.problems]
  const secrets = references.resolved.filter(isSecret).map(({ value }) => value)
  let { value } = references
  if (isPredecessor(value, Object.keys(schema.shape))) {
    const translation = translatePredecessor(value)
    notices.push(...translation.notices)
    secrets.push(...translation.secrets)
    problems.push(...translation.problems)
    value = translation.config
  }
  // In a list of mistakes nothing that came by a reference is shown, wherever it stood: who mixed up two variables may have named a password.
  const maskAll = createMask([...secrets, ...references.resolved.map(({ value }) => value)])
  const refuse = (all: readonly Problem[]) => configError(all, { file: shown, lineOf, mask: maskAll })

  const parsed = schema.safeParse(value)
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, schema, value, []))
  const plugins = typeof value === 'object' && value !== null && 'plugins' in value ? value.plugins : undefined
  const listed = plugins === undefined ? [...defaultPlugins] : Array.isArray(plugins) ? plugins : []
  const admitted = await admit(listed, { folder, cwd })
  problems.push(...admitted.problems)

  // What is wrong with a value that is still a reference is that the reference is missing.
  const missing = new Set(references.problems.map(({ path }) => pathText(path)))
  const told = problems.filter(problem => references.problems.includes(problem) || !missing.has(pathText(problem.path)))
  const fatal = strictPlugins ? told : told.filter(({ path }) => path[0] !== 'plugins')
  if (fatal.length > 0 || !parsed.success) throw refuse(fatal)

  const { plugins: _, ...config } = parsed.data
  if (found !== undefined && plugins === undefined) notices.push('No plugins are configured: kec runs with log and metrics.')
  if (listed.length === 0) notices.push('The list of plugins is empty: events are kept in the journal, and go nowhere.')
  return { file: found?.file, config, entries: admitted.entries, notices, secrets: { mask: createMask(secrets) }, refuse }
}
