import { isLabelValue, isQualifiedName, labelValueRule, qualifiedNameRule } from './selectors.ts'
import { type Cause, required, wrong } from './status.ts'
import type { Incoming } from './store.ts'

/** What every object must have: a name that fits in a path, and labels that selectors can name. */
export function metadataRules({ metadata }: Incoming): Cause[] {
  const { name, labels = {} } = metadata
  const causes: Cause[] = []
  if (!name) causes.push(required('metadata.name', 'name or generateName is required'))
  if (name === '.' || name === '..') causes.push(wrong('metadata.name', name, `may not be '${name}'`))
  for (const unsafe of ['/', '%']) if (name.includes(unsafe)) causes.push(wrong('metadata.name', name, `may not contain '${unsafe}'`))
  for (const [key, value] of Object.entries(labels)) {
    if (!isQualifiedName(key)) causes.push(wrong('metadata.labels', key, qualifiedNameRule))
    if (!isLabelValue(value)) causes.push(wrong('metadata.labels', value, labelValueRule))
  }
  return causes
}
