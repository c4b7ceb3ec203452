import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Step } from './scenario.ts'
import { backOffs, together } from './timeline.ts'

const step = (at: number): Step => ({
  at,
  by: { component: 'kubelet', host: '', recorder: 'legacy' },
  about: { kind: 'Node', name: 'worker-1', uid: 'worker-1' },
  type: 'Normal',
  reason: 'Starting',
  message: '',
})

test('stories at the same time: every step, in the order of time', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat())), stories => {
      const all = stories.flat().sort((a, b) => a - b)
      const sorted = stories.map(story => [...story].sort((a, b) => a - b).map(step))
      assert.deepEqual(
        [...together(...sorted)].map(({ at }) => at),
        all,
      )
    }),
  )
})

test('a story without end does not hold up the others', () => {
  function* endless() {
    for (let at = 0; ; at += 2) yield step(at)
  }
  const seen = together(endless(), [step(3)])
    .take(4)
    .toArray()
  assert.deepEqual(
    seen.map(({ at }) => at),
    [0, 2, 3, 4],
  )
})

test('back-off doubles up to five minutes', () => {
  assert.deepEqual(backOffs().take(8).toArray(), [10, 20, 40, 80, 160, 300, 300, 300])
})
