import { labelValueMistakes, qualifiedNameMistakes } from './names.ts'
import type { Incoming } from './object.ts'
import { type Cause, required, wrong } from './status.ts'

/** What every object must have: a name that fits in a path, and labels that selectors can name. */
export function metadataRules(object: Incoming): Cause[] {
  const { name } = object.metadata
  if (!name) return [required('metadata.name', 'name or generateName is required'), ...labelRules(object)]
  const unsafe = ['/', '%'].filter(part => name.includes(part)).map(part => wrong('metadata.name', name, `may not contain '${part}'`))
  const dots = name === '.' || name === '..' ? [wrong('metadata.name', name, `may not be '${name}'`)] : []
  return [...dots, ...unsafe, ...labelRules(object)]
}

export function labelRules({ metadata }: Incoming): Cause[] {
  return Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedNameMistakes(key).map(mistake => wrong('metadata.labels', key, mistake)),
    ...labelValueMistakes(value).map(mistake => wrong('metadata.labels', value, mistake)),
  ])
}
