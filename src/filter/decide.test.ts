import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeEvent } from '@kec/plugin-api'
import { SyncBailHook } from 'tapable'
import { createFilter, type FilterSettings, type FilterTap } from './decide.ts'
import { event } from './fixture.ts'

const nobody = () => assert.fail('no tap throws here')

function decide(settings: FilterSettings, subject: KubeEvent, taps: readonly FilterTap[] = []) {
  return createFilter(settings, taps, nobody).decide(subject)
}

// biome-ignore lint/suspicious/noConfusingVoidType: the hook's own type
function tap(name: string, onFilter: (event: KubeEvent) => false | void): FilterTap {
  // biome-ignore lint/suspicious/noConfusingVoidType: the hook's own type
  const hook = new SyncBailHook<[event: KubeEvent], false | void>(['event'])
  hook.tap(name, onFilter)
  return { name, hooks: { onFilter: hook } }
}

test('level Warning keeps all but Normal, even what has no type or an unknown one', () => {
  const kept = ['Normal', 'Warning', '', 'Error', 'normal'].filter(type => decide({ level: 'Warning' }, event({ type })) === undefined)
  assert.deepEqual(kept, ['Warning', '', 'Error', 'normal'])
  assert.equal(decide({ level: 'Warning' }, event({ type: 'Normal' })), 'level')
})

test('level Normal keeps all, and so does no level', () => {
  for (const type of ['Normal', 'Warning', '', 'Error']) {
    assert.equal(decide({ level: 'Normal' }, event({ type })), undefined)
    assert.equal(decide({}, event({ type })), undefined)
  }
})

test('excluded namespaces', () => {
  const settings = { excludeNamespaces: ['kube-*', 'test'] }
  assert.equal(decide(settings, event({ metadata: { namespace: 'kube-system' } })), 'namespace')
  assert.equal(decide(settings, event({ metadata: { namespace: 'test' } })), 'namespace')
  assert.equal(decide(settings, event({ metadata: { namespace: 'shop' } })), undefined)
})

test('only what matches is kept, and dropped beats matched', () => {
  const settings = { match: { reason: ['Pull*', 'Failed'] }, drop: [{ reason: 'Pulled' }] }
  assert.equal(decide(settings, event({ reason: 'Pulling' })), undefined)
  assert.equal(decide(settings, event({ reason: 'Killing' })), 'match')
  assert.equal(decide(settings, event({ reason: 'Pulled' })), 'drop')
})

test('a plugin drops by false and by nothing else', () => {
  const taps = [tap('quiet', subject => (subject.reason === 'Noise' ? false : undefined)), tap('none', () => undefined)]
  assert.equal(decide({}, event({ reason: 'Noise' }), taps), 'plugin:quiet')
  assert.equal(decide({}, event({ reason: 'News' }), taps), undefined)
  assert.equal(decide({}, event(), [tap('odd', () => true as never)]), undefined)
})

test('a plugin is not asked about what is dropped already', () => {
  const asked: string[] = []
  const taps = [tap('first', () => false), tap('second', ({ reason }) => void asked.push(reason))]
  assert.equal(decide({}, event({ reason: 'A' }), taps), 'plugin:first')
  assert.equal(decide({ level: 'Warning' }, event({ type: 'Normal' }), taps.slice(1)), 'level')
  assert.deepEqual(asked, [])
})

test('a tap that throws keeps the event, is reported by name, and does not silence the next', () => {
  const failed: unknown[] = []
  const broken = tap('broken', () => {
    throw new Error('no')
  })
  const subject = event()
  const report = (...args: unknown[]) => failed.push(args)
  assert.equal(createFilter({}, [broken], report).decide(subject), undefined)
  assert.equal(createFilter({}, [broken, tap('next', () => false)], report).decide(subject), 'plugin:next')
  assert.deepEqual(failed, [
    ['broken', new Error('no'), subject],
    ['broken', new Error('no'), subject],
  ])
})
