import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { causesOf, expected, namesOf, refusal } from './place.ts'

const tokenOf = (token: string) => JSON.parse(Buffer.from(token, 'base64url').toString())

export function lists(subject: Subject): void {
  test('pages hold what was there at the first one, in the order of names', async () => {
    const place = await subject.place()
    for (const name of ['e', 'd', 'c', 'b', 'a']) await place.create(name)
    const first = await place.list('?limit=2')
    assert.equal(first.kind, 'EventList')
    assert.equal(first.apiVersion, 'v1')
    assert.equal('kind' in first.items[0] || 'apiVersion' in first.items[0], false)
    assert.equal(first.metadata.remainingItemCount, 3)
    assert.deepEqual(tokenOf(first.metadata.continue), { v: 'meta.k8s.io/v1', rv: Number(first.metadata.resourceVersion), start: 'b\0' })
    await place.create('bb')
    await place.delete('c')
    await place.patch('d', { count: 9 })
    const second = await place.list(`?limit=2&continue=${first.metadata.continue}`)
    const third = await place.list(`?limit=2&continue=${second.metadata.continue}`)
    assert.deepEqual([...namesOf(first), ...namesOf(second), ...namesOf(third)], ['a', 'b', 'c', 'd', 'e'])
    assert.equal(second.items[1].count, 2)
    assert.deepEqual([second.metadata.resourceVersion, third.metadata.resourceVersion], Array(2).fill(first.metadata.resourceVersion))
    assert.equal('continue' in third.metadata || 'remainingItemCount' in third.metadata, false)
    assert.deepEqual(namesOf(await place.list()), ['a', 'b', 'bb', 'd', 'e'])
  })

  test('the list of all namespaces comes in the order of namespace and name', async () => {
    const [one, two] = [await subject.place(), await subject.place()]
    await two.create('a')
    await one.create('z')
    const all = expected(200, await subject.client.get('/apis/events.k8s.io/v1/events'))
    assert.equal(all.apiVersion, 'events.k8s.io/v1')
    const keys = all.items.map(
      ({ metadata }: { metadata: { namespace: string; name: string } }) => `${metadata.namespace}/${metadata.name}`,
    )
    assert.deepEqual(keys, [...keys].sort())
    assert.ok(keys.includes(`${one.namespace}/z`) && keys.includes(`${two.namespace}/a`))
  })

  test('after a compaction a continue token is 410, with an inconsistent one to go on with', async () => {
    const place = await subject.place()
    for (const name of ['a', 'b', 'c', 'd']) await place.create(name)
    const first = await place.list('?limit=2')
    await place.create('aa')
    await place.create('bb')
    await subject.compact()
    const gone = await subject.client.get(`${place.core}?limit=2&continue=${first.metadata.continue}`)
    assert.equal(refusal(gone).reason, 'Expired')
    assert.equal(gone.status, 410)
    assert.match(gone.body.message, /^The provided continue parameter is too old to display a consistent list result\./)
    assert.deepEqual(tokenOf(gone.body.metadata.continue), { v: 'meta.k8s.io/v1', rv: -1, start: 'b\0' })
    const rest = await place.list(`?limit=2&continue=${gone.body.metadata.continue}`)
    assert.deepEqual(namesOf(rest), ['bb', 'c'])
    assert.ok(BigInt(rest.metadata.resourceVersion) > BigInt(first.metadata.resourceVersion))
    assert.ok(tokenOf(rest.metadata.continue).rv > 0)
  })

  test('resourceVersionMatch=Exact answers as it was; 410 when forgotten, 504 when ahead', async () => {
    const place = await subject.place()
    const first = await place.create('a')
    await place.create('b')
    const { resourceVersion } = first.metadata
    await place.patch('a', { count: 9 })
    await place.delete('b')
    const exact = (version: string) => `?fieldSelector=metadata.name%3Da&resourceVersion=${version}&resourceVersionMatch=Exact`
    const then = await place.list(exact(resourceVersion))
    assert.equal(then.metadata.resourceVersion, resourceVersion)
    assert.deepEqual(
      [then.items[0].metadata.uid, then.items[0].metadata.resourceVersion, then.items[0].count],
      [first.metadata.uid, resourceVersion, 2],
    )
    assert.deepEqual(namesOf(await place.list(`?resourceVersion=${BigInt(resourceVersion) + 1n}&resourceVersionMatch=Exact`)), ['a', 'b'])
    await subject.compact()
    assert.deepEqual(refusal(await subject.client.get(place.core + exact(resourceVersion))), {
      code: 410,
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    })
    const now = (await place.list()).metadata.resourceVersion
    assert.equal((await place.list(exact(now))).items[0].count, 9)
    const ahead = await subject.client.get(place.core + exact('900000000'))
    assert.equal(refusal(ahead).code, 504)
    assert.equal(ahead.body.reason, 'Timeout')
    assert.match(ahead.body.message, /^Timeout: Too large resource version: 900000000, current: \d+$/)
    assert.deepEqual(ahead.body.details, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] })
  })

  test('a version without a match is "not older than", but exact with a limit', async () => {
    const place = await subject.place()
    const { metadata } = await place.create('a')
    await place.create('b')
    const version = metadata.resourceVersion
    for (const query of [
      `?resourceVersion=${version}`,
      `?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`,
      '?resourceVersion=0',
    ]) {
      assert.deepEqual(namesOf(await place.list(query)), ['a', 'b'], query)
    }
    assert.deepEqual(namesOf(await place.list(`?resourceVersion=${version}&limit=5`)), ['a'])
    for (const query of ['?resourceVersion=900000000', '?resourceVersion=900000000&resourceVersionMatch=NotOlderThan']) {
      assert.equal(refusal(await subject.client.get(place.core + query)).code, 504, query)
    }
  })

  test('list options that are refused', async () => {
    const place = await subject.place()
    await place.create('a')
    await place.create('b')
    const ask = (query: string) => subject.client.get(`${place.core}?${query}`)
    const { metadata } = await place.list('?limit=1')
    const cases: readonly [string, number][] = [
      ['limit=abc', 400],
      ['limit=', 400],
      ['timeoutSeconds=abc', 400],
      ['resourceVersion=abc', 400],
      ['continue=garbage', 400],
      [`continue=${metadata.continue}&resourceVersion=5`, 400],
      ['resourceVersionMatch=Exact', 422],
      ['resourceVersion=0&resourceVersionMatch=Exact', 422],
      ['resourceVersion=1&resourceVersionMatch=Other', 422],
    ]
    for (const [query, code] of cases) assert.equal(refusal(await ask(query)).code, code, query)
    assert.deepEqual(causesOf(await ask('resourceVersionMatch=Exact')), [
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ])
    for (const query of ['limit=-1', 'limit=0', 'watch=False', 'watch=0']) {
      assert.deepEqual(namesOf(expected(200, await ask(query))), ['a', 'b'], query)
    }
  })
}
