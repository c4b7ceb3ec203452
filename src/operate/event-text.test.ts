import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalise, type RawEvent } from '../event.ts'
import { eventText } from './event-text.ts'

const paint = (_: string, text: string) => text
const today = new Date(2026, 10, 24, 12)
const at = (hours: number) => new Date(2026, 10, 24, hours, 5, 7).toISOString()

function event(raw: RawEvent) {
  return normalise(raw, { change: 'created', historical: false, occurrences: 1, epoch: 1 }, { name: 'test', uid: 'c' })
}

const crash: RawEvent = {
  type: 'Warning',
  reason: 'BackOff',
  note: 'Back-off restarting failed container web in pod web-0_shop(6c1f), and so on',
  regarding: { kind: 'Pod', namespace: 'shop', name: 'web-0' },
  deprecatedCount: 5,
  deprecatedLastTimestamp: at(9),
}

test('on a terminal the message has lines of its own, elsewhere an event is one line', () => {
  assert.equal(
    eventText(event(crash), { paint, columns: 50, today }),
    '09:05:07 Warning BackOff Pod shop/web-0 ×5\n  Back-off restarting failed container web in pod\n  web-0_shop(6c1f), and so on\n',
  )
  assert.equal(
    eventText(event(crash), { paint, columns: undefined, today }),
    `2026-11-24 09:05:07 Warning BackOff Pod shop/web-0 ×5: ${crash.note}\n`,
  )
  const node = { type: 'Normal', reason: 'NodeReady', regarding: { kind: 'Node', name: 'worker-1' }, eventTime: at(-20) }
  assert.equal(eventText(event(node), { paint, columns: 80, today }), '2026-11-23 04:05:07 Normal NodeReady Node worker-1\n')
  assert.equal(eventText(event({ metadata: { name: 'bare' } }), { paint, columns: 80, today }), '--:--:-- - - bare\n')
})

test('whatever an event says, no line is wider than the terminal, and none is one that a terminal obeys', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x'.repeat(300)), fc.constant('\u001b[2J\n\u202e\r'))
  fc.assert(
    fc.property(text, text, text, text, fc.integer({ min: 40, max: 120 }), (reason, note, kind, name, columns) => {
      const shown = eventText(event({ reason, note, regarding: { kind, name } }), { paint, columns, today })
      for (const line of shown.slice(0, -1).split('\n')) {
        assert.ok(line.length <= columns, `${line.length} > ${columns}: ${line}`)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there.
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e\u2028]/)
      }
      assert.equal(
        eventText(event({ reason, note, regarding: { kind, name } }), { paint, columns: undefined, today }).split('\n').length,
        2,
      )
    }),
  )
})
