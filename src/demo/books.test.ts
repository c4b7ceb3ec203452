import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, type Sides, Written } from './books.ts'

type Acknowledged = Parameters<Written['add']>[0]

function written(...versions: readonly (readonly [uid: string, version: string, occurrences: number])[]): Written {
  const all = new Written()
  for (const [uid, resourceVersion, occurrences] of versions) {
    all.add({ object: { metadata: { uid } }, event: { resourceVersion }, occurrences } as Acknowledged) // it reads no more of it
  }
  return all
}

const cameToLog = (times: Readonly<Record<string, number>>) => new Map([['log', new Map(Object.entries(times))]])

const log = { name: 'log', state: 'idle', journaled: 3, delivered: 3, skipped: 0, dead: 0, discarded: 0, expired: 0, pending: 0 }

/** Two events, one of them happened three times: all came out. */
const well: Sides = {
  written: written(['a', '1', 1], ['b', '2', 1], ['a', '3', 2]),
  came: cameToLog({ 'a/1': 1, 'b/2': 1, 'a/3': 1 }),
  occurrences: new Map([['log', 4]]),
  status: { source: [], counts: { added: 2, modified: 1, journaled: 3 }, consumers: [log] },
}

test('all came out: nothing is wrong', () => {
  assert.deepEqual(audit(well), {
    rows: [
      ['written', '3 versions of 2 events, 4 occurrences'],
      ['received', '3 = 3 journaled + 0 known + 0 filtered'],
      ['log', '3 delivered, 4 occurrences'],
    ],
    wrong: [],
  })
})

test('what came twice is said, and is no fault', () => {
  const came = cameToLog({ 'a/1': 2, 'b/2': 1, 'a/3': 3 })
  const { rows, wrong } = audit({ ...well, came })
  assert.deepEqual([rows.at(-1), wrong], [['log', '3 delivered, 4 occurrences, 3 came twice (kill -9: at least once)'], []])
})

const faults: Readonly<Record<string, Partial<Sides>>> = {
  '1 versions never came to log': {
    came: cameToLog({ 'a/1': 1, 'b/2': 1 }),
  },
  '1 versions came to log that were never written': {
    came: cameToLog({ 'a/1': 1, 'b/2': 1, 'a/3': 1, 'c/4': 1 }),
  },
  'log counts 5 occurrences, not 4': { occurrences: new Map([['log', 5]]) },
  'what kec received does not add up': { status: { ...well.status, counts: { added: 3, modified: 1, journaled: 3 } } },
  'what log got does not add up': { status: { ...well.status, consumers: [{ ...log, delivered: 2 }] } },
  'log has not got 1 events': { status: { ...well.status, consumers: [{ ...log, delivered: 2, pending: 1 }] } },
}

for (const [fault, sides] of Object.entries(faults))
  test(`a fault is found: ${fault}`, () => {
    assert.deepEqual(audit({ ...well, ...sides }).wrong, [fault])
  })
