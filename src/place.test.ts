import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageOf } from './errors.ts'
import { misspeltAt, shownPath, thrownAt } from './place.ts'

const cwd = join(import.meta.dirname, '..')

test('a path is shown relative to the folder, unless it leads out of it', () => {
  assert.equal(shownPath(join(cwd, 'src', 'a.ts'), cwd), join('src', 'a.ts'))
  assert.equal(shownPath('/elsewhere/a.ts', cwd), '/elsewhere/a.ts')
  assert.equal(shownPath(cwd, cwd), cwd)
})

test('a throw is placed at its first frame that is of neither Node nor the plugin API', () => {
  const frames = [
    'TypeError: at fault',
    '    at intercept (node:internal/url:1:2)',
    '    at guard (file:///kec/plugin-api/dist/host/guard.js:50:7)',
    '    at tap (/kec/node_modules/tapable/lib/Hook.js:36:9)',
    '    at setup (file:///home/me/sinks/my%20sink.ts?v=1:7:3)',
  ]
  assert.equal(thrownAt(frames.join('\n'), '/home/me'), 'sinks/my sink.ts:7')
  assert.equal(thrownAt([...frames.slice(0, 4), '    at async /home/me/a.js:8:1'].join('\n'), '/home/me'), 'a.js:8')
  assert.equal(thrownAt(frames.slice(0, 4).join('\n'), '/home/me'), undefined)
})

test('a syntax error is placed where its stack begins', () => {
  assert.equal(misspeltAt('file:///home/me/a.ts:3\nlet let\n', '/home/me'), 'a.ts:3')
  assert.equal(misspeltAt('SyntaxError: no place\n    at file:///home/me/a.ts:3:1', '/home/me'), undefined)
})

test('the message of a slip in the code says where it is; that of another error does not', () => {
  const thrown = (work: () => unknown): Error => {
    try {
      work()
    } catch (error) {
      if (error instanceof Error) return error
    }
    throw new Error('it did not throw')
  }
  assert.match(messageOf(thrown(() => new URL('no url'))), /^Invalid URL \(.*place\.test\.ts:\d+\)$/)
  assert.match(messageOf(thrown(() => 'x'.repeat(-1))), /^Invalid count value: -1 \(.*place\.test\.ts:\d+\)$/)
  assert.equal(messageOf(thrown(() => JSON.parse('<html>'))).includes('place.test.ts'), false)
  assert.equal(messageOf(new Error('the pager answered 503')), 'the pager answered 503')
  assert.equal(messageOf(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })), 'fetch failed: connect ECONNREFUSED')
})
