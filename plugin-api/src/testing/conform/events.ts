import type { KubeEvent } from '../../event.ts'
import { type EventParts, testEvent, testEvents } from '../event.ts'

const objects = [
  { reason: 'BackOff', type: 'Warning', regarding: { kind: 'Pod', name: 'web-1', fieldPath: 'spec.containers{web}' } },
  { reason: 'Pulled', type: 'Normal', regarding: { kind: 'Pod', name: 'web-2' } },
  { reason: 'ScalingReplicaSet', type: 'Normal', regarding: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  { reason: 'NodeNotReady', type: 'Warning', namespace: 'default', regarding: { kind: 'Node', namespace: '', name: 'node-1' } },
  { reason: 'FailedMount', type: 'Warning', namespace: 'shop', regarding: { kind: 'Pod', namespace: 'shop', name: 'cart-0' } },
] as const satisfies readonly EventParts[]

let stories = 0

/** Events as a cluster has them: some new, some further versions of one that is among them, in order. */
export function ordinary(count: number): KubeEvent[] {
  const story = ++stories
  const version = 1_000_000 * story
  return testEvents(count, n => {
    const { regarding, ...object } = objects[n % objects.length] ?? objects[0]
    // Each uid has three versions, some events apart.
    const uid = `story-${story}-${Math.floor(n / 15)}-${n % 5}`
    const repeats = Math.floor((n % 15) / 5)
    const resourceVersion = String(version + n)
    return { ...object, regarding, uid, resourceVersion, count: repeats + 1, change: repeats === 0 ? 'created' : 'updated' }
  })
}

/** What anybody who may create events can have kec hand over. */
export function hostile(): (readonly [what: string, event: KubeEvent])[] {
  const controls = '\u0000\u0007\u001b[2J\u001b]0;title\u0007\u007f\u0085\u202e\u2028'
  const proto: Record<string, string> = JSON.parse('{"__proto__":"a","constructor":"b","hasOwnProperty":"c","toString":"d"}')
  const nothing = { apiVersion: '', kind: '', namespace: '', name: '', uid: '', fieldPath: '' }
  const cases: readonly (readonly [string, EventParts])[] = [
    [
      'control characters in its texts',
      { message: controls, reason: `R${controls}`, action: controls, name: controls, regarding: { name: controls, kind: controls } },
    ],
    ['line breaks in its texts', { message: 'a\r\nb\n\n{"a":1}\n', reason: 'a\nb', regarding: { name: 'a\r\nBcc: x@example.org' } }],
    ['a message of a million characters', { message: 'x'.repeat(1_000_000) }],
    ['a name of a hundred thousand characters', { regarding: { name: 'n'.repeat(100_000) }, reason: 'r'.repeat(100_000) }],
    ['HTML in its texts', { message: '<script>alert(1)</script>&amp;"\'', reason: '<b>', regarding: { name: '"><img src=x>' } }],
    ['labels that are called __proto__ and constructor', { labels: proto, annotations: proto }],
    ['halves of an emoji in its texts', { message: '\ud83d broken \ude00', reason: '\udc00', regarding: { name: '\ud800' } }],
    ['a huge count', { count: Number.MAX_SAFE_INTEGER, occurrences: Number.MAX_SAFE_INTEGER, resourceVersion: '9'.repeat(60) }],
    ['no occurrences, as an update without news has', { change: 'updated', occurrences: 0, count: 3 }],
    ['historical, from before kec first looked', { historical: true }],
    [
      'nothing but empty texts',
      {
        type: '',
        reason: '',
        action: '',
        message: '',
        time: '',
        namespace: '',
        name: '',
        cluster: { name: 'test' },
        regarding: nothing,
        reporting: { controller: '', instance: '' },
        source: { component: '', host: '' },
      },
    ],
    [
      'a related object, and all times',
      { related: { kind: 'Node', name: 'n' }, firstTime: '2026-01-01T00:00:00.123456Z', lastTime: '2026-01-02T00:00:00Z' },
    ],
    ['times that are no times', { time: 'yesterday', firstTime: '0000-00-00', lastTime: '\n' }],
    ['a thousand labels', { labels: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`label-${i}`, 'v'])) }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: such text is what it is for.
    ['patterns of templates and shells in its texts', { message: '${x} {{x}} %s %n $(id) `id` ; DROP TABLE', reason: '%00../../etc' }],
  ]
  return cases.map(([what, parts]) => [what, testEvent(parts)])
}
