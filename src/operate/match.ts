import type { Rule } from '@kec/plugin-api'
import { problemsOf } from '../config/issues.ts'
import { pathText } from '../config/problems.ts'
import { rules } from '../config/schema.ts'
import { KecError } from '../errors.ts'

/**
 * The rules of --match flags. Each flag is one rule, `reason=BackOff,namespace=shop-*`: all of its fields must hold, and of several flags one.
 * A field that stands twice in a flag takes either pattern. Throws KEC_USAGE.
 */
export function rulesOf(given: readonly string[] | undefined): Rule[] | null {
  return given?.map(ruleOf) ?? null
}

function ruleOf(text: string): Rule {
  const fields: Record<string, string[]> = Object.create(null) // a field may be called __proto__
  for (const term of text.split(',')) {
    const [, field = '', pattern] = /^\s*([^=]*?)\s*=(.*)$/s.exec(term) ?? []
    if (pattern === undefined || field === '')
      throw wrong(text, `${JSON.stringify(term)} is no FIELD=PATTERN`, 'For example --match reason=BackOff,kind=Pod')
    fields[field] = [...(fields[field] ?? []), pattern]
  }
  const rule = Object.fromEntries(
    Object.entries(fields).map(([field, patterns]) => [field, patterns.length === 1 ? patterns[0] : patterns]),
  )
  const parsed = rules.safeParse(rule)
  if (parsed.success) return [parsed.data].flat()[0] ?? {}
  const [problem] = problemsOf(parsed.error.issues, rules, rule, [])
  throw wrong(text, `${pathText(problem?.path ?? [])}: ${problem?.what ?? 'is no rule'}`, problem?.fix ?? '')
}

function wrong(text: string, what: string, fix: string): KecError {
  return new KecError('KEC_USAGE', `--match ${text}: ${what}.`, fix)
}
