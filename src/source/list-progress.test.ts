import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '@kec/plugin-api'
import { ListProgress } from './list-progress.ts'

function progress(every?: number) {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const log: Log = { debug: say, info: say, warn: say, error: say }
  return { said, progress: new ListProgress(log, '*', every) }
}

test('a long list says how far it is, and its end', () => {
  const { said, progress: list } = progress(0)
  list.page(500, 1200)
  list.page(500, undefined)
  list.page(700, 0)
  list.end()
  assert.deepEqual(said, [
    'listing: 500 of 1700 events so far',
    'listing: 1000 events so far',
    'listing: 1700 of 1700 events so far',
    'listed all 1700 events',
  ])
})

test('a short one says nothing', () => {
  const { said, progress: list } = progress(Number.POSITIVE_INFINITY)
  list.page(500, 0)
  list.end()
  assert.deepEqual(said, [])
})
