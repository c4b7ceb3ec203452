import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '../rule.ts'
import { testEvent } from '../testing/event.ts'
import { compileRules } from './rules.ts'

const pulled = testEvent({
  type: 'Normal',
  reason: 'Pulled',
  namespace: 'shop',
  name: 'web-1.17f2',
  regarding: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
})

const cases: [what: string, rules: Rule | readonly Rule[] | undefined, holds: boolean][] = [
  ['no rules', undefined, true],
  ['an empty list', [], false],
  ['type', { type: 'Normal' }, true],
  ['another type', { type: 'Warning' }, false],
  ['reason', { reason: 'Pulled' }, true],
  ['reason in another case', { reason: 'pulled' }, false],
  ['kind of what it is about', { kind: 'Pod' }, true],
  ['namespace of the event', { namespace: 'sh*' }, true],
  ['name of what it is about, not of the event', { name: 'web-?' }, true],
  ['name of the event', { name: 'web-1.*' }, false],
  ['all fields must hold', { reason: 'Pulled', kind: 'Node' }, false],
  ['a list of patterns: one', { reason: ['Failed', 'Pull*'] }, true],
  ['a list of patterns: none', { reason: ['Failed', 'Kill*'] }, false],
  ['a list of exact texts: one', { kind: ['Node', 'Pod'] }, true],
  ['a list of rules: one', [{ kind: 'Node' }, { type: 'Normal' }], true],
  ['a list of rules: none', [{ kind: 'Node' }, { type: 'Warning' }], false],
]

for (const [what, rules, holds] of cases) test(`rule: ${what}`, () => assert.equal(compileRules(rules)(pulled), holds))

test('an event without any of the fields has empty ones', () => {
  const empty = testEvent({ type: '', reason: '', namespace: '', regarding: { kind: '' } })
  assert.equal(compileRules({ type: '', namespace: '', kind: '' })(empty), true)
  assert.equal(compileRules({ reason: '?*' })(empty), false)
})
