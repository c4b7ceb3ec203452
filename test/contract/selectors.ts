import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { expected, namesOf, refusal } from './place.ts'

export function selectors(subject: Subject): void {
  test('field selectors of both groups', async () => {
    const place = await subject.place()
    await place.create('old')
    expected(
      201,
      await subject.client.post(place.new, place.newEvent('new', { regarding: { kind: 'Node', name: 'n', namespace: 'default' } })),
    )
    const ask = async (path: string, selector: string) =>
      namesOf(expected(200, await subject.client.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`)))
    const core: readonly [string, string[]][] = [
      ['metadata.name=old', ['old']],
      [`metadata.namespace=${place.namespace}`, ['new', 'old']],
      ['involvedObject.kind=Pod', ['old']],
      ['involvedObject.kind==Pod,type!=Normal', ['old']],
      ['involvedObject.name=n', ['new']],
      ['involvedObject.namespace=default', ['new']],
      ['involvedObject.uid=u-1', ['old']],
      ['involvedObject.apiVersion=v1', ['old']],
      ['involvedObject.resourceVersion=', ['new', 'old']],
      ['involvedObject.fieldPath=spec.containers{web}', ['old']],
      ['reason=BackOff', ['old']],
      ['type=Normal', ['new']],
      ['reportingComponent=kec.dev/test', ['new']],
      ['source=kubelet', ['old']],
      ['source=kec.dev/test', ['new']],
      ['metadata.name=old,metadata.name=new', []],
      ['reason=a\\,b', []],
      [',', ['new', 'old']],
      ['', ['new', 'old']],
    ]
    for (const [selector, names] of core) assert.deepEqual(await ask(place.core, selector), names, selector)
    for (const [selector, names] of [
      ['regarding.kind=Pod', ['old']],
      ['regarding.fieldPath=spec.containers{web},reason!=x', ['old']],
      ['reportingController=kec.dev/test', ['new']],
    ] as const) {
      assert.deepEqual(await ask(place.new, selector), names, selector)
    }
  })

  test('field selectors that are refused', async () => {
    const place = await subject.place()
    const ask = async (path: string, selector: string) =>
      refusal(await subject.client.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`))
    for (const field of ['regarding.kind', 'metadata.uid', 'message', 'reportingController', 'constructor', 'action']) {
      assert.deepEqual(
        await ask(place.core, `${field}=x`),
        { code: 400, reason: 'BadRequest', message: `field label not supported: ${field}` },
        field,
      )
    }
    for (const field of ['involvedObject.kind', 'source', 'reportingComponent', 'note']) {
      assert.equal((await ask(place.new, `${field}=x`)).message, `field label not supported: ${field}`)
    }
    assert.equal((await ask(place.core, 'foo')).message, "invalid selector: 'foo'; can't understand 'foo'")
    assert.equal((await ask(place.core, 'reason=a\\x')).message, 'invalid field selector: invalid escape sequence: \\x')
  })

  test('label selectors', async () => {
    const place = await subject.place()
    for (const name of ['1', '2', '3']) await place.create(`e${name}`, { metadata: { name: `e${name}`, labels: { n: name } } })
    await place.create('none')
    const ask = (selector: string) => subject.client.get(`${place.new}?labelSelector=${encodeURIComponent(selector)}`)
    const good: readonly [string, string[]][] = [
      ['n', ['e1', 'e2', 'e3']],
      ['!n', ['none']],
      ['n=1', ['e1']],
      ['n==1', ['e1']],
      ['n!=1', ['e2', 'e3', 'none']],
      ['n in (1, 2)', ['e1', 'e2']],
      ['n notin (1,2)', ['e3', 'none']],
      ['n in ()', []],
      ['n>2', ['e3']],
      ['n<2', ['e1']],
      ['n,n!=2', ['e1', 'e3']],
      ['n=', []],
      ['n = 1 , !m', ['e1']],
      ['', ['e1', 'e2', 'e3', 'none']],
    ]
    for (const [selector, names] of good) assert.deepEqual(namesOf(expected(200, await ask(selector))), names, selector)
    const bad: readonly [string, string][] = [
      ['=', "found '=', expected: !, identifier, or 'end of string'"],
      ['n,', "found '', expected: identifier after ','"],
      ['n=1 m=2', "found 'm', expected: ',' or 'end of string'"],
      ['!', "unable to parse requirement: found '', expected: identifier"],
      ['n in 1', "unable to parse requirement: found '1' expected: '('"],
      ['n in (1', "unable to parse requirement: found '', expected: ',' or ')'"],
      ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
      ['n>a', `unable to parse requirement: values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer`],
    ]
    for (const [selector, message] of bad)
      assert.deepEqual(refusal(await ask(selector)), { code: 400, reason: 'BadRequest', message }, selector)
  })

  test('a page with a selector is full, says nothing of what remains, and may lead to an empty one', async () => {
    const place = await subject.place()
    for (const name of ['a', 'b', 'c', 'd']) await place.create(name, { metadata: { name, labels: { odd: String('ac'.includes(name)) } } })
    const first = await place.list('?limit=2&labelSelector=odd%3Dtrue')
    assert.deepEqual(namesOf(first), ['a', 'c'])
    assert.equal('remainingItemCount' in first.metadata, false)
    const second = await place.list(`?limit=2&labelSelector=odd%3Dtrue&continue=${first.metadata.continue}`)
    assert.deepEqual(second.items, [])
    assert.equal('continue' in second.metadata, false)
  })
}
