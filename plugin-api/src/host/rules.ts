import type { KubeEvent } from '../event.ts'
import type { Pattern, Rule } from '../rule.ts'
import { compileGlob, type TextTest } from './glob.ts'

/** True if the rules hold for the event. */
export type EventTest = (event: KubeEvent) => boolean

/** Where each field of a rule stands in an event. */
const fields = {
  type: event => event.type,
  reason: event => event.reason,
  kind: event => event.regarding.kind,
  namespace: event => event.namespace,
  name: event => event.regarding.name,
} as const satisfies Record<keyof Rule, (event: KubeEvent) => string>

/** One pattern or a list of patterns, of which one must match. */
export function compilePattern(pattern: Pattern): TextTest {
  const patterns = typeof pattern === 'string' ? [pattern] : pattern
  const exact = new Set(patterns.filter(text => !/[*?]/.test(text)))
  const globs = patterns.filter(text => !exact.has(text)).map(compileGlob)
  if (globs.length === 0) return text => exact.has(text)
  return text => exact.has(text) || globs.some(matches => matches(text))
}

function compileRule(rule: Rule): EventTest {
  const tests: EventTest[] = []
  for (const [field, read] of Object.entries(fields)) {
    const pattern = rule[field as keyof Rule] // Object.entries widens the keys of `fields`, which are just those of Rule
    if (pattern === undefined) continue
    const matches = compilePattern(pattern)
    tests.push(event => matches(read(event)))
  }
  return event => tests.every(test => test(event))
}

/** Compiles rules once. All fields of a rule must hold; of a list, one rule. No rules at all hold for every event, an empty list for none. */
export function compileRules(rules: Rule | readonly Rule[] | undefined): EventTest {
  if (rules === undefined) return () => true
  const tests = [rules].flat().map(compileRule)
  return event => tests.some(test => test(event))
}
