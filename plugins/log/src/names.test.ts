import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayOf, Names } from './names.ts'

const read = (link: string, name: string) => new Names(link).read(name)

test('reads what it makes, and nothing else', () => {
  const stem = fc.constantFrom('events', 'a.b', '.hidden', 'events.20260131', 'x')
  const days = fc.date({ min: new Date(2000, 0, 1), max: new Date(2100, 0, 1), noInvalidDate: true })
  fc.assert(
    fc.property(stem, fc.constantFrom('', '.log', '.json'), days, fc.nat(), (name, extension, date, number) => {
      const names = new Names(`/logs/${name}${extension}`)
      assert.deepEqual(names.read(names.make(dayOf(date), number)), { day: dayOf(date), number })
    }),
  )
  for (const name of [
    'events.log',
    'events.2026013.log',
    'events.20260131.log.gz',
    'events.20260131.0.log',
    'events.20260131.01.log',
    'events.20260131..log',
    'other.20260131.log',
    'xvents.20260131.log',
    'events-20260131.log',
    'web.events.20260131.log',
  ])
    assert.equal(read('/logs/events.log', name), undefined, name)
})

test('names are those of the documentation', () => {
  const names = new Names('/logs/events.log')
  assert.equal(names.make('20260131', 0), 'events.20260131.log')
  assert.equal(names.make('20260131', 2), 'events.20260131.2.log')
})
