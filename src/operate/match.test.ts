import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesOf } from './match.ts'

test('each flag is a rule; its fields are joined by commas, and one that stands twice takes either', () => {
  assert.equal(rulesOf(undefined), null)
  assert.deepEqual(rulesOf(['reason=BackOff']), [{ reason: 'BackOff' }])
  assert.deepEqual(rulesOf(['reason=Back*,namespace=shop', 'type=Warning']), [{ reason: 'Back*', namespace: 'shop' }, { type: 'Warning' }])
  assert.deepEqual(rulesOf(['kind=Pod,kind=Node, name=a=b']), [{ kind: ['Pod', 'Node'], name: 'a=b' }])
  assert.deepEqual(rulesOf(['type=']), [{ type: '' }])
})

test('what is no rule: what is wrong with it, and what was meant', () => {
  for (const text of ['', 'BackOff', '=BackOff', 'reason=BackOff,', ','])
    assert.throws(() => rulesOf([text]), { code: 'KEC_USAGE', message: /is no FIELD=PATTERN\.$/ })
  assert.throws(() => rulesOf(['reson=BackOff']), { message: '--match reson=BackOff: reson: unknown key.', fix: 'Did you mean reason?' })
  assert.throws(() => rulesOf(['__proto__=x']), { message: /__proto__: unknown key/ })
  assert.throws(() => rulesOf(['reason=/Back.*/']), { message: /reason: looks like a regular expression/, fix: /Use \* and \?/ })
})
