// Request by request, on a small server that answers as Loki documents it.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Delivery, type KubeEvent, PLUGIN, type PluginContext } from '@kec/plugin-api'
import { AsyncSeriesHook, SyncBailHook } from 'tapable'
import { listen } from '../../../test/listen.ts'
import { eventOf, Marks, words } from './fixture.ts'
import loki from './index.ts'

const definition = loki[PLUGIN]

interface Pushed {
  readonly streams: readonly {
    readonly stream: Record<string, string>
    readonly values: readonly [string, string, Record<string, string>][]
  }[]
}

interface Request {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: Pushed
}

type Answer = (request: Request, response: ServerResponse) => unknown

const versionsIn = ({ streams }: Pushed) =>
  streams.flatMap(({ values }) => values.map(([, , { resource_version }]) => Number(resource_version)))

const taken: Answer = (_, response) => response.writeHead(204).end()

const refusing =
  (status: number, text: string, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(text)

/** The plugin, set up to push to a server that answers like this. */
async function pushing(t: TestContext, answer: Answer, more: object = {}) {
  const requests: Request[] = []
  const server = createServer(async (incoming, response) => {
    const bytes = Buffer.concat(await incoming.toArray())
    const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    const request = { line: `${incoming.method} ${incoming.url}`, headers: incoming.headers, body: JSON.parse(text.toString()) }
    requests.push(request)
    answer(request, response)
  })
  const port = await listen(t, server)
  const onEvent = new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery'])
  const onShutdown = new AsyncSeriesHook<[shutdown: { signal: AbortSignal }]>(['shutdown'])
  const hooks = { onEvent, onFilter: new SyncBailHook(['event']), onShutdown }
  const said: string[] = []
  const log = { warn: (message: string) => said.push(message) }
  const options = validated({ url: `http://127.0.0.1:${port}`, ...more })
  assert.ok(!options.issues, JSON.stringify(options.issues))
  await definition.setup({ hooks, log, cluster: { name: 'prod' } } as unknown as PluginContext, options.value) // it uses no more of the context
  t.after(async () => {
    await onShutdown.promise({ signal: new AbortController().signal })
  })
  const push = async (events: readonly KubeEvent[], marks = new Marks()) => {
    await onEvent.promise(events, marks)
    return marks
  }
  return { requests, push, said }
}

function validated(options: object) {
  const result = definition.options?.['~standard'].validate(options)
  assert.ok(result && !(result instanceof Promise))
  return result
}

const events = (count: number) => Array.from({ length: count }, (_, n) => eventOf(n + 1))

test('a push is the documented JSON, compressed', async t => {
  const { requests, push } = await pushing(t, taken, { tenant: 'team-a', labels: { env: 'live' }, headers: { 'x-more': 'yes' } })
  await push([eventOf(7)])
  const [{ line, headers, body } = assert.fail('nothing was pushed')] = requests
  assert.equal(line, 'POST /loki/api/v1/push')
  const { 'content-type': type, 'content-encoding': encoding, 'x-scope-orgid': tenant, 'x-more': more, authorization } = headers
  assert.deepEqual([type, encoding, tenant, more, authorization], ['application/json', 'gzip', 'team-a', 'yes', undefined])
  const [stream] = body.streams
  assert.deepEqual(Object.keys(body), ['streams'])
  assert.deepEqual(stream?.stream, { job: 'kec', cluster: 'prod', env: 'live', namespace: 'shop', type: 'Warning', kind: 'Pod' })
  const [[time, text, metadata] = []] = stream?.values ?? []
  assert.deepEqual([time, text, metadata?.id], ['1769853600000000007', 'Back-off restarting', 'c/u/7'])
})

test('basic, bearer; without gzip; the whole event as the line', async t => {
  const basic = await pushing(t, taken, { basic: { username: '17', password: 'pä:ss' }, gzip: false, line: 'json' })
  await basic.push([eventOf(7)])
  assert.equal(basic.requests[0]?.headers.authorization, `Basic ${Buffer.from('17:pä:ss').toString('base64')}`)
  assert.equal(basic.requests[0]?.headers['content-encoding'], undefined)
  const line = JSON.parse(basic.requests[0]?.body.streams[0]?.values[0]?.[1] ?? '')
  assert.deepEqual([line.id, line.reason, line.count], ['c/u/7', 'BackOff', 3])
  const bearer = await pushing(t, taken, { bearer: 'tok' })
  await bearer.push([eventOf(7)])
  assert.equal(bearer.requests[0]?.headers.authorization, 'Bearer tok')
})

test('a login over plain http, and not to this machine: one warning at start, without the login', async t => {
  const warnings = async (url: string, login: object) => (await pushing(t, taken, { url, ...login })).said
  const basic = { basic: { username: '17', password: 'correct-horse' } }
  for (const login of [basic, { bearer: 'correct-horse' }, { headers: { authorization: 'correct-horse' } }])
    assert.deepEqual(await warnings('http://loki:3100', login), [
      'the login goes to loki:3100 unencrypted: whoever is on the way can read it. Use https',
    ])
  for (const url of ['https://loki', 'http://localhost:3100', 'http://a.localhost', 'http://127.0.0.2', 'http://[::1]:3100'])
    assert.deepEqual(await warnings(url, basic), [], url)
  assert.deepEqual(await warnings('http://loki:3100', { tenant: 'ops', headers: { 'x-more': 'a' } }), [])
})

test('insecure is warned of at start', async t => {
  const { said } = await pushing(t, taken, { url: 'https://loki', insecure: true })
  assert.deepEqual(said, [
    'the certificate of Loki at https://loki is not verified (insecure): whoever is on the way can read all that is sent',
  ])
})

test('the path is added to a folder, and kept where it is given, with its query', async t => {
  for (const [path, expected] of [
    ['/insert/', '/insert/loki/api/v1/push'],
    ['/insert/loki/api/v1/push?disable_message_parsing=1', '/insert/loki/api/v1/push?disable_message_parsing=1'],
  ]) {
    const { push, requests } = await pushing(t, taken)
    const { host } = (await push([eventOf(7)])) && (requests[0]?.headers ?? {})
    const second = await pushing(t, taken, { url: `http://${host}${path}` })
    await second.push([eventOf(8)])
    assert.equal(requests[1]?.line, `POST ${expected}`)
  }
})

test('a batch larger than maxBytes is several pushes, in their order, one after another', async t => {
  let open = 0
  const { requests, push } = await pushing(
    t,
    (_, response) => {
      assert.equal(++open, 1)
      setImmediate(() => {
        open--
        response.writeHead(204).end()
      })
    },
    { maxBytes: 16_384 },
  )
  await push(events(100))
  assert.ok(requests.length > 2)
  assert.ok(requests.every(({ body }) => JSON.stringify(body).length <= 16_384))
  assert.deepEqual(
    requests.flatMap(({ body }) => versionsIn(body)),
    Array.from({ length: 100 }, (_, n) => n + 1),
  )
})

test('429: kec waits as long as Loki asks for, and the batch comes again', async t => {
  const { push, requests } = await pushing(t, refusing(429, 'Ingestion rate limit exceeded for user fake', { 'retry-after': '7' }))
  const marks = new Marks()
  await assert.rejects(push(events(3), marks), /answers 429: Ingestion rate limit exceeded/)
  assert.deepEqual([marks.pauses, marks.retried, requests.length], [[7_000], [], 1])
})

const reasons: Readonly<Record<string, RegExp>> = {
  old: /timestamp too old: its time is 2026-01-20T10:00:00Z, the oldest that is taken 2026-01-24T10:00:00/,
  new: /timestamp too new/,
  behind: /too far behind: its time is 2026-01-20T10:00:00Z, the oldest that is taken 2026-01-31T09:00:00/,
  order: /entry out of order/,
  long: /Max entry size '262144' bytes exceeded/,
  metadata: /structured metadata too large/,
  disallowed: /this feature is disallowed/,
}

test('400 of each kind: the events concerned are put aside with Loki’s words, the others are stored', async t => {
  for (const [name, text] of Object.entries(words)) {
    const stored = new Set<number>()
    const { push } = await pushing(t, ({ body }, response) => {
      const versions = versionsIn(body)
      // Loki keeps what is not to blame, whatever it answers.
      for (const version of versions) if (version !== 2) stored.add(version)
      response.writeHead(versions.includes(2) ? 400 : 204).end(versions.includes(2) ? text : '')
    })
    // Only the second one is older than any limit in these words.
    const marks = await push(events(5).map((event, i) => (i === 1 ? { ...event, time: '2026-01-20T10:00:00Z' } : event)))
    assert.deepEqual([...marks.rejected.keys()], ['2'], name)
    assert.match(marks.rejected.get('2') ?? '', reasons[name] ?? /never/)
    assert.deepEqual([[...stored].sort(), marks.retried], [[1, 3, 4, 5], []], name)
  }
})

test('400 for everything, in words about the configuration: nothing is put aside, and Loki is left alone', async t => {
  const { push, requests } = await pushing(t, refusing(400, words.disallowed))
  const marks = new Marks()
  await assert.rejects(push(events(100), marks), /this feature is disallowed.*look at `labels`, `structuredMetadata`/s)
  assert.deepEqual([marks.rejected.size, marks.pauses, requests.length], [0, [60_000], 3])
})

test('400 in unknown words for one event alone: put aside with them, once Loki takes again what it took before', async t => {
  const poison: Answer = ({ body }, response) => {
    const isBad = versionsIn(body).includes(2)
    response.writeHead(isBad ? 400 : 204).end(isBad ? 'invalid something' : '')
  }
  const { push, requests } = await pushing(t, poison)
  await push([eventOf(1)])
  const marks = await push([eventOf(2)])
  await push([eventOf(3)])
  assert.match(marks.rejected.get('2') ?? '', /^Loki at \S+ answers 400: invalid something$/)
  assert.deepEqual(
    requests.map(({ body }) => versionsIn(body)),
    [[1], [2], [1], [3]],
  )
  assert.deepEqual(requests[0]?.body, requests[2]?.body, 'the same time and line: Loki stores it once')
})

test('401 and 403: said clearly, without the secret, and no hammering', async t => {
  for (const status of [401, 403]) {
    const { push, requests } = await pushing(t, refusing(status, 'no org id'), { bearer: 'very-secret' })
    const marks = new Marks()
    await assert.rejects(
      push(events(100), marks),
      (error: Error) => /answers 40[13]: no org id\. /.test(error.message) && !/secret/.test(error.message),
    )
    assert.deepEqual([requests.length, marks.pauses], [1, [60_000]])
  }
})

test('413: smaller pushes; an event that is too large by itself is put aside', async t => {
  const { push, requests } = await pushing(t, ({ body }, response) => {
    const versions = versionsIn(body)
    response.writeHead(versions.length > 10 || versions.includes(3) ? 413 : 204).end('entity too large')
  })
  const marks = await push(events(40))
  assert.deepEqual([[...marks.rejected.keys()], marks.retried], [['3'], []])
  const all = new Set(requests.flatMap(({ body }) => versionsIn(body)))
  assert.equal(all.size, 40)
})

test('500, a dropped connection, no server: the batch comes again', async t => {
  const failing = await pushing(t, refusing(500, 'at least 2 live replicas required'))
  await assert.rejects(failing.push(events(3)), /answers 500: at least 2 live replicas required/)
  const dropping = await pushing(t, (_, response) => response.destroy())
  await assert.rejects(dropping.push(events(3)), /Loki at http:\/\/127\.0\.0\.1:\d+ does not answer: socket hang up/)
  const half = await pushing(t, (_, response) =>
    response.writeHead(400, { 'content-length': '9999' }).write('entry too far', () => response.destroy()),
  )
  const marks = new Marks()
  await assert.rejects(half.push(events(3), marks), /does not answer/)
  assert.equal(marks.rejected.size, 0)
  const nobody = await pushing(t, taken, { url: 'http://127.0.0.1:1' })
  await assert.rejects(nobody.push(events(3)), /does not answer: connect ECONNREFUSED/)
})

test('500 after a part was taken: only the rest comes again, and kec’s log says why', async t => {
  const answer: Answer = ({ body }, response) => response.writeHead(versionsIn(body).includes(1) ? 204 : 500).end('ingester down')
  const { push, said } = await pushing(t, answer, { maxBytes: 16_384 })
  const marks = await push(events(100))
  assert.ok(marks.retried.length > 0 && marks.retried.length < 100 && marks.retried.at(-1) === '100')
  assert.match(said.join(), /a part of a batch must come again: Loki at \S+ answers 500: ingester down/)
})

test('a Loki that does not answer is given up when the time is over', { timeout: 30_000 }, async t => {
  const patience = new AbortController()
  const { push } = await pushing(t, () => patience.abort(new Error('no answer within 30000 ms')))
  await assert.rejects(push(events(3), new Marks(patience.signal)), /no answer within 30000 ms/)
  const late = await pushing(t, taken)
  await assert.rejects(late.push(events(3), new Marks(AbortSignal.abort(new Error('kec stops')))), /kec stops/)
  assert.equal(late.requests.length, 0)
})

test('a Loki that lies: a web page is not taken for an answer, and an answer without end is not read', { timeout: 30_000 }, async t => {
  const page = await pushing(t, refusing(200, '<html>Sign in</html>', { 'content-type': 'text/html' }))
  await assert.rejects(page.push(events(3)), /This is a web page, not Loki: mend `url`/)
  const endless = await pushing(t, (_, response) => {
    response.writeHead(500)
    const more = (error?: Error | null) => error || response.write('x'.repeat(65_536), more)
    more()
  })
  await assert.rejects(endless.push(events(3)), (error: Error) => /answers 500: x+…$/.test(error.message) && error.message.length < 600)
})

test('a time that Loki cannot store is a dead letter; the others go', async t => {
  const { push, requests } = await pushing(t, taken)
  const marks = await push([eventOf(1), eventOf(2, { time: '9999-12-31T23:59:59Z' }), eventOf(3)])
  assert.deepEqual(
    [[...marks.rejected], requests.flatMap(({ body }) => versionsIn(body))],
    [[['2', 'its time is none that Loki can store']], [1, 3]],
  )
})

test('nothing to push is no push', async t => {
  const { push, requests } = await pushing(t, taken)
  await push([eventOf(2, { time: '' })])
  assert.equal(requests.length, 0)
})

test('options: what would not work is refused, with its place', () => {
  const places = (options: object) => validated({ url: 'http://loki:3100', ...options }).issues?.map(({ path }) => path?.join('.'))
  assert.equal(places({ tenant: 'a', bearer: 'b', labels: { env: 'x', job: 'events' } }), undefined)
  const wrong: [object, string][] = [
    [{ url: 'loki:3100' }, 'url'],
    [{ url: 'ftp://loki' }, 'url'],
    [{ url: 'http://me:secret@loki:3100' }, 'url'],
    [{ url: 'http://me@loki:3100' }, 'url'],
    [{ labels: { namespace: 'x' } }, 'labels.namespace'],
    [{ labels: { __a: 'x' } }, 'labels.__a'],
    [{ labels: { 'a-b': 'x' } }, 'labels.a-b'],
    [{ labels: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`l${i}`, 'x'])) }, 'labels'],
    [{ bearer: 'a\nb' }, 'bearer'],
    [{ headers: { 'Content-Type': 'x' } }, 'headers.Content-Type'],
    [{ headers: { 'a b': 'x' } }, 'headers.a b'],
    [{ bearer: 'a', basic: { username: 'a', password: 'b' } }, 'bearer'],
    [{ bearer: 'a', headers: { Authorization: 'b' } }, 'bearer'],
    [{ ca: '/etc/ca.crt' }, 'ca'],
    [{ maxBytes: 1 }, 'maxBytes'],
    [{ tenat: 'a' }, ''],
  ]
  for (const [options, place] of wrong) assert.deepEqual(places(options), [place], JSON.stringify(options))
})
