import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cast } from './cast.ts'
import type { ScenarioObject, Step } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/** What is said in the first `seconds` of a story. */
function told(name: string, seconds: number, seed = 'a seed'): Step[] {
  const scenario = scenarios.find(one => one.name === name) ?? assert.fail(name)
  const steps: Step[] = []
  for (const step of scenario.stage(new Cast(seed, 'shop')).story) {
    if (step.at > seconds) break
    steps.push(step)
  }
  return steps
}

/** The reasons about the object of which `reason` is said first. */
function reasonsAbout(steps: readonly Step[], reason: string): string[] {
  const name = steps.find(step => step.reason === reason)?.about.name ?? assert.fail(reason)
  return steps.filter(({ about }) => about.name === name).map(step => step.reason)
}

const start = ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started']
const again = ['Pulled', 'Created', 'Started']

for (const { name } of scenarios) {
  test(`${name}: in order of time, and as the API server takes it in either form`, () => {
    let last = 0
    for (const { at, message, reason, about } of told(name, 3600)) {
      assert.ok(at >= last)
      last = at
      assert.ok(Buffer.byteLength(message) <= 1024, message)
      assert.ok(reason.length <= 128)
      assert.match(about.name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    }
  })

  test(`${name}: the same names for the same seed, others for others`, () => {
    const pods = (objects: readonly ScenarioObject[]) => objects.filter(({ resource }) => resource === 'pods').map(pod => pod.name)
    const scenario = scenarios.find(one => one.name === name) ?? assert.fail()
    const of = (seed: string) => pods(scenario.stage(new Cast(seed, 'shop')).objects)
    assert.deepEqual(of('a'), of('a'))
    assert.equal(new Set([...of('a'), ...of('b')]).size, 2 * of('a').length)
    assert.deepEqual(told(name, 60, 'a'), told(name, 60, 'a'))
  })

  test(`${name}: its objects are those of its story, with their uids`, () => {
    const scenario = scenarios.find(one => one.name === name) ?? assert.fail()
    const { objects, story } = scenario.stage(new Cast('a', 'shop'))
    const uids = new Map(
      Iterator.from(story)
        .take(2000)
        .toArray()
        .map(({ about }) => [`${about.kind} ${about.name}`, about.uid]),
    )
    const kinds = { deployments: 'Deployment', replicasets: 'ReplicaSet', pods: 'Pod', nodes: 'Node' }
    for (const { resource, name, namespace, metadata } of objects) {
      assert.equal(namespace, resource === 'nodes' ? undefined : 'shop')
      // Kubelet's events about nodes have the node's name as uid, and not every node and storm's deployment says something.
      if (resource === 'pods') assert.equal(uids.get(`${kinds[resource]} ${name}`), metadata.uid, `${resource} ${name}`)
    }
  })
}

test('crash-loop: one restart at once, then after 10, 20, 40 s, each time with BackOff until then', () => {
  const reasons = reasonsAbout(told('crash-loop', 120), 'BackOff').join(' ')
  assert.match(
    reasons,
    new RegExp(
      `^${[...start, ...again].join(' ')}( BackOff)+ ${again.join(' ')}( BackOff)+ ${again.join(' ')}( BackOff){3,5} ${again.join(' ')}`,
    ),
  )
  const starts = told('crash-loop', 3600).filter(
    ({ reason, about }) => reason === 'Started' && about.fieldPath === 'spec.containers{checkout}',
  )
  const worst = starts.filter(({ about }) => about.name === starts.at(-1)?.about.name).map(({ at }) => at)
  const pauses = worst.slice(1).map((at, i) => Math.floor((at - (worst[i] ?? 0)) / 10) * 10)
  assert.deepEqual(pauses.slice(1, 8), [10, 20, 40, 80, 160, 300, 300])
})

test('image-pull: the pull, its failure and the error; then two events each time that kubelet waits', () => {
  const reasons = reasonsAbout(told('image-pull', 25), 'BackOff')
  assert.deepEqual(reasons.slice(0, 6), ['Scheduled', 'Pulling', 'Failed', 'Failed', 'BackOff', 'Failed'])
  const messages = told('image-pull', 3600)
    .filter(({ reason }) => reason === 'Failed')
    .map(({ message }) => message)
  for (const why of [/: not found$/, /401 Unauthorized$/, /i\/o timeout$/, /^Error: ErrImagePull$/, /^Error: ImagePullBackOff$/]) {
    assert.ok(
      messages.some(message => why.test(message)),
      `${why}`,
    )
  }
})

test('unschedulable: the scheduler tries again and again, the autoscaler says why it does not help', () => {
  const steps = told('unschedulable', 600)
  const reasons = reasonsAbout(steps, 'FailedScheduling')
  assert.deepEqual(reasons.slice(0, 2), ['FailedScheduling', 'NotTriggerScaleUp'])
  assert.equal(reasons.filter(reason => reason === 'NotTriggerScaleUp').length, 59)
  assert.ok(new Set(steps.filter(({ reason }) => reason === 'FailedScheduling').map(({ message }) => message)).size > 1)
  assert.deepEqual(reasonsAbout(steps, 'Scheduled'), start)
})

test('rollout: every new pod gets ready before an old one goes', () => {
  const steps = told('rollout', 600)
  const count = (reason: string) => steps.filter(step => step.reason === reason).length
  assert.deepEqual(['SuccessfulCreate', 'SuccessfulDelete', 'Killing', 'ScalingReplicaSet'].map(count), [4, 4, 4, 8])
  assert.deepEqual(
    steps.filter(({ reason }) => reason === 'ScalingReplicaSet').map(({ message }) => message.replace(/ web-\w+/, '')),
    [0, 1, 2, 3].flatMap(n => [`Scaled up replica set from ${n} to ${n + 1}`, `Scaled down replica set from ${4 - n} to ${3 - n}`]),
  )
  assert.deepEqual(reasonsAbout(steps, 'Unhealthy'), [...start, 'Unhealthy', 'Unhealthy'])
})

test('oom: kills that the kernel tells, an eviction, and pressure that ends', () => {
  const reasons = told('oom', 400).map(({ reason }) => reason)
  const ofNode = reasons.filter(reason => /SystemOOM|Memory|Eviction|Evicted|Killing/.test(reason))
  assert.deepEqual(
    ofNode.filter(reason => reason !== 'OOMKilling'),
    ['SystemOOM', 'NodeHasInsufficientMemory', 'EvictionThresholdMet', 'Evicted', 'Killing', 'NodeHasSufficientMemory'],
  )
  assert.ok(reasons.filter(reason => reason === 'OOMKilling').length >= 6)
})

test('storm: all pods of a full node, within seconds', () => {
  const steps = told('storm', 20)
  const count = (reason: string) => steps.filter(step => step.reason === reason).length
  assert.deepEqual(['NodeNotReady', 'TaintManagerEviction', 'SuccessfulCreate'].map(count), [111, 110, 110])
  assert.equal(count('Scheduled') + count('FailedScheduling'), 110)
  assert.deepEqual([count('Started'), count('TriggeredScaleUp')], [count('Scheduled'), count('FailedScheduling')])
})
