import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { record } from '../../test/events.ts'
import type { RawEvent } from '../event.ts'
import { foldCommit, Ledger, type LedgerFacts, ledgerFacts, ledgerLine, recountLine, replayCommit, type Verdict } from './ledger.ts'

let clock = Date.parse('2026-01-01T12:00:00Z')

/** An event as the API server shows it. */
function object(uid: string, version: number, count = 1, more: Partial<RawEvent> = {}, name = uid): RawEvent {
  return {
    metadata: { uid, name, namespace: 'default', resourceVersion: String(version), creationTimestamp: '2026-01-01T12:00:00Z' },
    deprecatedCount: count,
    deprecatedFirstTimestamp: '2026-01-01T12:00:00Z',
    ...more,
  }
}

function facts(raw: RawEvent): LedgerFacts {
  const found = ledgerFacts(raw)
  assert.ok(found)
  return found
}

function watch(ledger: Ledger, raw: RawEvent, position = '0'): Verdict {
  return ledger.watched(raw, facts(raw), position)
}

function list(ledger: Ledger, raw: RawEvent, recount = false): Verdict {
  return ledger.listed(raw, facts(raw), recount)
}

describe('new, repeated, stale', () => {
  test('an update adds what its count is above the highest seen', () => {
    const ledger = new Ledger()
    assert.deepEqual(watch(ledger, object('a', 10)), { change: 'created', occurrences: 1 })
    assert.deepEqual(watch(ledger, object('a', 11, 4)), { change: 'updated', occurrences: 3 })
    assert.deepEqual(watch(ledger, object('a', 12, 4)), { change: 'updated', occurrences: 0 })
    assert.deepEqual(watch(ledger, object('a', 13, 2)), { change: 'updated', occurrences: 0 })
    assert.deepEqual(watch(ledger, object('a', 14, 5)), { change: 'updated', occurrences: 1 })
  })

  test('a version that was seen, or an older one, is a duplicate', () => {
    const ledger = new Ledger()
    watch(ledger, object('a', 10, 3))
    assert.equal(watch(ledger, object('a', 10, 3)), 'duplicate')
    assert.equal(watch(ledger, object('a', 9, 2)), 'duplicate')
    assert.equal(list(ledger, object('a', 10, 3)), 'duplicate')
  })

  test('a late replay of an event that is gone is a duplicate, known or not', () => {
    const ledger = new Ledger()
    watch(ledger, object('a', 10))
    ledger.removed(facts(object('a', 20)))
    assert.equal(watch(ledger, object('a', 10), '20'), 'duplicate')
    assert.equal(watch(ledger, object('never-seen', 15), '20'), 'duplicate')
    assert.deepEqual(watch(ledger, object('new', 21), '20'), { change: 'created', occurrences: 1 })
  })

  test('an event that left the selector and comes back goes on where it was', () => {
    const ledger = new Ledger()
    watch(ledger, object('a', 10, 5))
    ledger.removed(facts(object('a', 11, 5)))
    const again = new Ledger()
    again.load(ledger.save())
    assert.deepEqual(watch(again, object('a', 12, 7), '11'), { change: 'updated', occurrences: 2 })
  })

  test('versions beyond 2^53 are told apart', () => {
    const ledger = new Ledger()
    const raw = (version: string) => ({ metadata: { uid: 'a', resourceVersion: version } })
    assert.notEqual(watch(ledger, raw('9007199254740993')), 'duplicate')
    assert.equal(watch(ledger, raw('9007199254740993')), 'duplicate')
    assert.equal(watch(ledger, raw('9007199254740992')), 'duplicate')
    assert.notEqual(watch(ledger, raw('9007199254740994')), 'duplicate')
  })
})

describe('counts that go on under the same name', () => {
  const name = 'web.17abc'

  test('a recorder writes an expired event again with the old count + 1', () => {
    const ledger = new Ledger(() => clock)
    watch(ledger, object('a', 10, 3, {}, name))
    ledger.removed(facts(object('a', 20, 3, {}, name)))
    assert.deepEqual(watch(ledger, object('b', 30, 4, {}, name)), { change: 'created', occurrences: 1 })
  })

  test('the same when the end of the first one was not seen', () => {
    const ledger = new Ledger(() => clock)
    watch(ledger, object('a', 10, 3, {}, name))
    ledger.beginList()
    assert.deepEqual(list(ledger, object('b', 30, 5, {}, name)), { change: 'created', occurrences: 2 })
    ledger.endList()
    assert.equal(ledger.size, 1)
  })

  test('a count that is not greater began anew', () => {
    const ledger = new Ledger(() => clock)
    watch(ledger, object('a', 10, 5, {}, name))
    assert.deepEqual(watch(ledger, object('b', 30, 2, {}, name)), { change: 'created', occurrences: 2 })
    watch(ledger, object('c', 31, 1, {}, name))
    assert.deepEqual(watch(ledger, object('d', 32, 2, {}, name)), { change: 'created', occurrences: 2 })
  })

  test('a name is forgotten a day after its event went', () => {
    const ledger = new Ledger(() => clock)
    watch(ledger, object('a', 10, 3, {}, name))
    ledger.removed(facts(object('a', 20, 3, {}, name)))
    clock += 25 * 3600_000
    assert.deepEqual(watch(ledger, object('b', 30, 4, {}, name)), { change: 'created', occurrences: 4 })
  })

  test('unknown, and created long after it first happened: one', () => {
    const ledger = new Ledger()
    const older = { deprecatedFirstTimestamp: '2026-01-01T11:50:00Z' }
    assert.deepEqual(watch(ledger, object('a', 10, 40, older)), { change: 'created', occurrences: 1 })
    assert.deepEqual(watch(ledger, object('b', 11, 40)), { change: 'created', occurrences: 40 })
  })
})

describe('a history that was replaced', () => {
  test('the count alone says what is new, and the new versions are taken over', () => {
    const ledger = new Ledger()
    watch(ledger, object('same', 100, 2))
    watch(ledger, object('more', 101, 2))
    ledger.beginList()
    assert.equal(list(ledger, object('same', 40, 2), true), 'duplicate')
    assert.deepEqual(list(ledger, object('more', 41, 5), true), { change: 'updated', occurrences: 3 })
    ledger.endList()
    assert.deepEqual(watch(ledger, object('same', 42, 3), '41'), { change: 'updated', occurrences: 1 })
  })

  test('a list that shows an older version with a greater count proves it without being asked', () => {
    const ledger = new Ledger()
    watch(ledger, object('a', 100, 2))
    assert.deepEqual(list(ledger, object('a', 40, 3)), { change: 'updated', occurrences: 1 })
  })

  test('it is replaced after a restart as well', () => {
    const ledger = new Ledger()
    watch(ledger, object('a', 100, 2))
    const again = new Ledger()
    again.load(ledger.save())
    replayCommit(again, [], [recountLine, ledgerLine(facts(object('a', 40, 2)))].join('\n'))
    assert.deepEqual(watch(again, object('a', 41, 3), '40'), { change: 'updated', occurrences: 1 })
  })
})

test('a ledger made of its snapshot and what was committed since judges as the first one does', () => {
  const ledger = new Ledger()
  watch(ledger, object('a', 10, 3))
  const again = new Ledger()
  again.load(ledger.save())
  const b = object('b', 11, 2)
  const gone = object('a', 12, 3)
  watch(ledger, b)
  ledger.removed(facts(gone))
  replayCommit(again, [], [ledgerLine(facts(b)), ledgerLine(facts(gone), true)].join('\n'))
  for (const judged of [ledger, again]) {
    assert.equal(judged.size, 1)
    assert.equal(watch(judged, b), 'duplicate')
    assert.equal(watch(judged, object('a', 12, 3), '12'), 'duplicate')
    assert.deepEqual(watch(judged, object('c', 13, 4, {}, 'a'), '12'), { change: 'created', occurrences: 1 })
  }
})

test('a commit without its events, folded into entries, makes the same ledger', () => {
  const events = [1, 2, 3].map(n => record(n).event)
  const entry = ledgerLine({ uid: 'filtered', version: '4', count: 9, namespace: 'default', name: 'filtered' })
  const recount = [
    recountLine,
    ...events.map(({ uid, name }) => ledgerLine({ uid, version: '1', count: 1, namespace: 'default', name })),
  ].join('\n')
  for (const text of ['', entry, recount]) {
    const [whole, folded] = [new Ledger(), new Ledger()]
    replayCommit(whole, events, text)
    replayCommit(folded, [], foldCommit(events, text))
    assert.equal(folded.size, text === entry ? 4 : 3)
    for (const n of [1, 2, 3]) {
      const before = watch(whole, object(`e-${n}`, 50, 5))
      assert.deepEqual(watch(folded, object(`e-${n}`, 50, 5)), before)
    }
    assert.equal(watch(folded, object('filtered', 4, 9)) === 'duplicate', text === entry)
  }
})
