// The server answers bulk requests as Elasticsearch does, event by event.
import { type TestContext, test } from 'node:test'
import { conform } from '@kec/plugin-api/testing'
import { fakeServer } from './fixture.ts'
import elasticsearch from './index.ts'

const apiKey = 'bm90LWZvci1leWVz'
const refusedReason = 'Refused'

async function elasticsearchServer(t: TestContext) {
  let is: 'well' | 'down' | 'silent' = 'well'
  const ids: string[] = []
  const { url, asked } = await fakeServer(t, async ({ path, body }) => {
    if (is === 'silent') await new Promise(() => {})
    if (is === 'down') return { status: 503, body: { error: { type: 'unavailable', reason: 'no node is here' } } }
    if (!path.startsWith('/_bulk')) return { body: {} }
    const lines = body.split('\n').flatMap(line => (line === '' ? [] : JSON.parse(line)))
    const items = []
    for (let i = 0; i < lines.length; i += 2) {
      const { _id } = lines[i].create
      const { id, reason } = lines[i + 1].event
      if (reason === refusedReason) {
        items.push({ create: { _id, status: 400, error: { type: 'document_parsing_exception', reason: 'failed to parse' } } })
        continue
      }
      ids.push(id)
      items.push({ create: { _id, status: 201 } })
    }
    return { body: { items } }
  })
  const turnTo = (how: typeof is) => () => {
    is = how
  }
  return {
    options: { node: url, apiKey, timeout: 1_000 },
    trouble: { begin: turnTo('down'), end: turnTo('well'), asked: () => asked.length },
    silence: { begin: turnTo('silent'), end: turnTo('well') },
    received: () => ids,
    refusedReason,
  }
}

test('does what kec asks of a plugin', t =>
  conform(elasticsearch, {
    options: () => elasticsearchServer(t),
    patience: 1_000,
    secrets: [apiKey],
    wrongOptions: [{}, { node: 'no address' }, { node: 'http://localhost:9200', retention: 'for ever' }],
  }))
