// Types are behaviour too: tsc fails here when a mistake below compiles, or when a type is no longer what it says here.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'
import {
  type Counter,
  type Delivery,
  type DeliveryOptions,
  definePlugin,
  ENTRY,
  type EntrySettings,
  type Gauge,
  type Hooks,
  type Json,
  type KubeEvent,
  type Labels,
  type Log,
  type MetricDefinition,
  type Metrics,
  type ObjectReference,
  type Pattern,
  PLUGIN,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type PluginEntry,
  type Rule,
  type Sample,
  type Shutdown,
  type State,
} from './index.ts'

/** Strict: `any` equals only itself, and `readonly` counts. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_ extends true>() => undefined

/** All that an interface says, so that a key more or less, `?` and `readonly` tell. */
type Shape<T> = { [K in keyof T]: T[K] }

/** What stands below is looked at by tsc and never run. */
const typed = (name: string, _body: (kec: PluginContext, event: KubeEvent, delivery: Delivery) => void) => test(name, () => undefined)

/** A Standard Schema of no library: a text to a number, as valibot or arktype would have it. */
const length: StandardSchemaV1<{ text: string }, { length: number }> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: value => ({ value: { length: String((value as { text: unknown }).text).length } }), // it is a test's own
  },
}

const parts = { name: 'p', apiVersion: 1, setup() {} } as const
const url = definePlugin({ ...parts, options: z.strictObject({ url: z.url(), retries: z.int().optional() }) })

test('options: in setup they are what the schema gives, where the plugin is called what it takes', () => {
  definePlugin({
    name: 'p',
    apiVersion: 1,
    options: z.strictObject({ pattern: z.string().transform(text => new RegExp(text)), size: z.number().default(3) }),
    setup(kec, options) {
      holds<Equal<typeof kec, PluginContext>>()
      holds<Equal<typeof options, { pattern: RegExp; size: number }>>()
    },
  })({ pattern: 'a' })
  definePlugin({
    name: 'p',
    apiVersion: 1,
    options: length,
    async setup(_, options) {
      holds<Equal<typeof options, { length: number }>>()
    },
  })({ text: 'a' })
  definePlugin({
    name: 'p',
    apiVersion: 1,
    setup(_, options) {
      holds<Equal<typeof options, Record<string, never> | undefined>>()
    },
  })()
  assert.deepEqual(url({ url: 'http://h' }).options, { url: 'http://h' })
})

typed('options: what is missing, wrong or unknown does not compile', () => {
  url({ url: 'http://h' })
  url({ url: 'http://h', retries: 1 }, { name: 'second', match: [{ kind: 'Pod' }], delivery: { linger: 5 } })
  // @ts-expect-error: url is missing
  url({})
  // @ts-expect-error: the options are missing
  url()
  // @ts-expect-error: so they are
  url(undefined)
  // @ts-expect-error: it is a text
  url({ url: 1 })
  // @ts-expect-error: there is none of this name
  url({ url: 'http://h', retires: 1 })
  // @ts-expect-error: options and settings are all that it takes
  url({ url: 'http://h' }, {}, {})
  // @ts-expect-error: what the schema takes, and not what it gives
  definePlugin({ ...parts, options: length })({ length: 1 })
})

typed('options: they may be left out just where kec can do without', () => {
  definePlugin({ ...parts, options: z.strictObject({ a: z.string().default('x') }) })()
  definePlugin({ ...parts, options: z.strictObject({ a: z.string().optional() }) })()
  definePlugin({ ...parts, options: z.strictObject({ a: z.string() }).optional() })()
  definePlugin({ ...parts, options: z.strictObject({ a: z.string() }).prefault({ a: 'x' }) })()
  definePlugin({ ...parts, options: z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string().optional() })]) })()
  definePlugin({ ...parts, options: z.record(z.string(), z.number()) })()
  // @ts-expect-error: a text is not an empty object
  definePlugin({ ...parts, options: z.string() })()
  // @ts-expect-error: nor is a list
  definePlugin({ ...parts, options: z.array(z.string()) })()
  // @ts-expect-error: neither of these is empty
  definePlugin({ ...parts, options: z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]) })()
  // @ts-expect-error: null is not nothing
  definePlugin({ ...parts, options: z.strictObject({ a: z.string() }).nullable() })()
})

typed('a plugin without options takes none', () => {
  const plain = definePlugin(parts)
  plain()
  plain({}, { name: 'second' })
  plain(undefined, { name: 'second' })
  // @ts-expect-error: it takes no options
  plain({ url: 'http://h' })
})

typed('a definition', () => {
  // @ts-expect-error: written for another version of the API
  definePlugin({ ...parts, apiVersion: 2 })
  // @ts-expect-error: for none
  definePlugin({ name: 'p', setup() {} })
  // @ts-expect-error: without a name
  definePlugin({ apiVersion: 1, setup() {} })
  // @ts-expect-error: without setup
  definePlugin({ name: 'p', apiVersion: 1 })
  // @ts-expect-error: a key that there is not
  definePlugin({ name: 'p', apiVersion: 1, setup() {}, optins: z.string() })
  // @ts-expect-error: options that are no Standard Schema
  definePlugin({ ...parts, options: { url: 'text' } })
  // @ts-expect-error: a delivery option that there is not
  definePlugin({ ...parts, delivery: { maxBatches: 1 } })
  // @ts-expect-error: one of the wrong type
  definePlugin({ ...parts, delivery: { linger: '1s' } })
  // @ts-expect-error: setup asks for more than the schema gives
  definePlugin({ ...parts, options: z.strictObject({ a: z.string() }), setup(_, _options: { a: string; b: string }) {} })
  // @ts-expect-error: setup asks for options without a schema
  definePlugin({ ...parts, setup(_, _options: { a: string }) {} })
  // @ts-expect-error: setup gives nothing
  definePlugin({ ...parts, setup: () => 1 })
  definePlugin({ ...parts, setup: async () => undefined })
})

typed('an entry is only what a plugin gave', () => {
  holds<Equal<ReturnType<typeof url>, PluginEntry>>()
  type Stated = { readonly plugin: PluginDefinition; readonly options: unknown }
  holds<Equal<Shape<Omit<PluginEntry, keyof EntrySettings | typeof ENTRY>>, Stated>>()
  type Written = {
    readonly name: string
    readonly apiVersion: number
    readonly options?: typeof length
    readonly delivery?: DeliveryOptions
  }
  holds<Equal<Shape<Omit<PluginDefinition<typeof length>, 'setup'>>, Written>>()
  const entry = url({ url: 'http://h' })
  // @ts-expect-error: the mark of an entry stays
  entry[ENTRY] = url({ url: 'http://i' })[ENTRY]
  // @ts-expect-error: and that of a plugin
  url[PLUGIN] = { ...url[PLUGIN] }
  const plugin: PluginDefinition = parts
  // @ts-expect-error: without the mark
  const plain: PluginEntry = { plugin, options: {} }
  // @ts-expect-error: the mark cannot be made by hand
  const forged: PluginEntry = { plugin, options: {}, [ENTRY]: true }
  // @ts-expect-error: a plugin that was not called
  const uncalled: PluginEntry = url
  // @ts-expect-error: a function is no plugin
  const unmade: Plugin = () => url({ url: 'http://h' })
  return [plain, forged, uncalled, unmade]
})

typed('the settings of an entry, and rules', () => {
  const settings: EntrySettings = { name: 'a', match: { type: 'Warning', reason: ['Back*', 'Failed'] }, delivery: { maxAttempts: 3 } }
  const rules: readonly Rule[] = [{ kind: 'Pod', namespace: 'shop', name: undefined }]
  const match = (rule: Rule | readonly Rule[]) => url({ url: 'http://h' }, { ...settings, match: rule })
  match(rules)
  // @ts-expect-error: no such field
  match({ knd: 'Pod' })
  // @ts-expect-error: nor in a list
  match([{ kind: 'Pod' }, { mesage: 'x' }])
  // @ts-expect-error: a pattern is a text
  match({ kind: 1 })
  // @ts-expect-error: or a list of texts
  match({ kind: [/Pod/] })
  // @ts-expect-error: a rule is no text
  match('Pod')
  // @ts-expect-error: no such setting
  url({ url: 'http://h' }, { macth: { kind: 'Pod' } })
  // @ts-expect-error: a name is a text
  url({ url: 'http://h' }, { name: 1 })
  holds<Equal<Pattern, string | readonly string[]>>()
  holds<Equal<keyof Rule, 'type' | 'reason' | 'kind' | 'namespace' | 'name'>>()
  holds<Equal<Shape<Rule>, { readonly [K in keyof Rule]?: Pattern | undefined }>>()
})

/** Where something can be written to, at any depth; never if nowhere. Functions and what is the platform's are not looked into. */
type Writable<T, Path extends string = ''> = T extends Leaf
  ? never
  : T extends readonly (infer Item)[]
    ? (T extends unknown[] ? `${Path}[]` : never) | Writable<Item, `${Path}[]`>
    : {
        [K in keyof T & string]:
          | (Equal<Pick<T, K>, Readonly<Pick<T, K>>> extends true ? never : `${Path}.${K}`)
          | (T[K] extends Leaf ? never : Writable<T[K], `${Path}.${K}`>)
      }[keyof T & string]

type Leaf = string | number | boolean | null | undefined | AbortSignal | Hooks[keyof Hooks] | ((...args: never) => unknown)

typed('nothing of an event, a batch or a label can be written', (kec, event, delivery) => {
  holds<Equal<Writable<KubeEvent>, never>>()
  holds<Equal<Writable<ObjectReference>, never>>()
  holds<Equal<Writable<Rule | Sample | Shutdown | DeliveryOptions | EntrySettings>, never>>()
  holds<Equal<Writable<Omit<Delivery, 'reject' | 'retry' | 'slowDown'>>, never>>()
  holds<Equal<Writable<Hooks>, never>>()
  holds<
    Equal<
      Writable<Omit<PluginContext, 'hooks' | 'state'>>,
      '.log.debug' | '.log.info' | '.log.warn' | '.log.error' | '.metrics.counter' | '.metrics.gauge'
    >
  >()
  holds<Equal<Writable<{ a: string; readonly b: { c: string }; readonly d: string[] }>, '.a' | '.b.c' | '.d[]'>>()
  // @ts-expect-error: frozen
  event.message = ''
  // @ts-expect-error: in depth
  event.regarding.kind = 'Pod'
  // @ts-expect-error: labels, too
  event.labels.app = 'web'
  // @ts-expect-error: and annotations
  delete event.annotations.app
  // @ts-expect-error: and what the API server sent
  event.raw.type = 'Normal'
  // @ts-expect-error: of which nothing is known before it was looked at
  event.raw.metadata.name
  // @ts-expect-error: a batch is not the sink's
  kec.hooks.onEvent.tap('p', batch => batch.pop())
  // @ts-expect-error: kec decides
  delivery.attempt = 1
  // @ts-expect-error: hooks stay
  kec.hooks = { ...kec.hooks }
  // @ts-expect-error: all of them
  kec.hooks.onEvent = kec.hooks.onEvent.withOptions({})
})

typed('what an event holds', (_, event) => {
  holds<
    Equal<
      { [K in keyof KubeEvent]: KubeEvent[K] },
      {
        readonly [K in 'id' | 'uid' | 'resourceVersion' | 'type' | 'reason' | 'action' | 'message' | 'time' | 'namespace' | 'name']: string
      } & { readonly [K in 'count' | 'occurrences']: number } & { readonly [K in 'firstTime' | 'lastTime']: string | undefined } & {
        readonly [K in 'labels' | 'annotations']: Readonly<Record<string, string>>
      } & {
        readonly cluster: { readonly name: string; readonly uid: string }
        readonly change: 'created' | 'updated'
        readonly historical: boolean
        readonly regarding: ObjectReference
        readonly related: ObjectReference | undefined
        readonly reporting: { readonly controller: string; readonly instance: string }
        readonly source: { readonly component: string; readonly host: string }
        readonly raw: Readonly<Record<string, unknown>>
      } extends infer Whole
        ? { [K in keyof Whole]: Whole[K] }
        : never
    >
  >()
  holds<
    Equal<
      { [K in keyof ObjectReference]: ObjectReference[K] },
      { readonly [K in 'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid' | 'fieldPath']: string }
    >
  >()
  // @ts-expect-error: a version is a text of any length, and never a number
  event.resourceVersion > 7
  // @ts-expect-error: there may be none
  event.related.kind
})

typed('onFilter answers at once: false, or nothing', kec => {
  const { onFilter } = kec.hooks
  onFilter.tap('p', event => (event.namespace === 'secret' ? false : undefined))
  onFilter.tap('p', event => {
    if (event.reason === 'Pulled') return false
  })
  // @ts-expect-error: a promise is no answer
  onFilter.tap('p', async () => false)
  // @ts-expect-error: true says nothing
  onFilter.tap('p', () => true)
  // @ts-expect-error: it is never waited for
  onFilter.tapPromise('p', async () => false)
  // @ts-expect-error: by no way
  onFilter.tapAsync('p', () => undefined)
  // @ts-expect-error: an event, and no batch
  onFilter.tap('p', (batch: readonly KubeEvent[]) => (batch.length > 1 ? false : undefined))
  holds<Equal<Parameters<Parameters<Hooks['onFilter']['tap']>[1]>, [event: KubeEvent]>>()
})

typed('onEvent and onShutdown', kec => {
  const { onEvent, onShutdown } = kec.hooks
  holds<Equal<Parameters<Parameters<Hooks['onEvent']['tap']>[1]>, [batch: readonly KubeEvent[], delivery: Delivery]>>()
  holds<Equal<Parameters<Parameters<Hooks['onEvent']['tapPromise']>[1]>, [batch: readonly KubeEvent[], delivery: Delivery]>>()
  holds<Equal<Parameters<Parameters<Hooks['onShutdown']['tapPromise']>[1]>, [shutdown: Shutdown]>>()
  onEvent.tapAsync('p', (batch, delivery, callback) => {
    holds<Equal<typeof batch, readonly KubeEvent[]>>()
    holds<Equal<typeof delivery, Delivery>>()
    callback(batch.length > 1 ? new Error('too many') : undefined)
  })
  // @ts-expect-error: an error, and no text
  onEvent.tapAsync('p', (_batch, _delivery, callback) => callback('too many'))
  // @ts-expect-error: tapPromise wants a promise
  onEvent.tapPromise('p', batch => void batch)
  // @ts-expect-error: a batch, and no event
  onEvent.tapPromise('p', async (event: KubeEvent) => void event)
  // @ts-expect-error: a tap has a name
  onEvent.tapPromise(async () => undefined)
  // @ts-expect-error: a tap has a function
  onEvent.tap('p')
  onShutdown.tapPromise('p', async ({ signal }) => signal.throwIfAborted())
  // @ts-expect-error: no such hook
  kec.hooks.onDelete.tap('p', () => undefined)
  holds<Equal<keyof Hooks, 'onFilter' | 'onEvent' | 'onShutdown'>>()
})

typed('marks', (_, event, delivery) => {
  delivery.reject({ ...event, message: 'masked' }, 'why')
  holds<Equal<Parameters<Delivery['reject']>, [event: KubeEvent, reason: string]>>()
  holds<Equal<Parameters<Delivery['retry']>, [event: KubeEvent]>>()
  holds<Equal<Parameters<Delivery['slowDown']>, [ms: number]>>()
  holds<
    Equal<
      Pick<Delivery, 'attempt' | 'replay' | 'signal'>,
      { readonly attempt: number; readonly replay: boolean; readonly signal: AbortSignal }
    >
  >()
  holds<Equal<keyof Delivery, 'attempt' | 'replay' | 'signal' | 'reject' | 'retry' | 'slowDown'>>()
  // @ts-expect-error: who reads dead letters wants to know why
  delivery.reject(event)
  // @ts-expect-error: the event, and not its id
  delivery.retry(event.id)
  // @ts-expect-error: milliseconds
  delivery.slowDown('1s')
})

typed('state holds what JSON can hold', kec => {
  const { state } = kec
  state.set('a', { list: [1, 'b', true, null, { deep: [] }] })
  state.set('a', undefined)
  // @ts-expect-error: a date is none
  state.set('a', new Date())
  // @ts-expect-error: nor in depth
  state.set('a', { at: [new Date()] })
  // @ts-expect-error: nor is a map
  state.set('a', new Map())
  // @ts-expect-error: nor a big number
  state.set('a', 1n)
  // @ts-expect-error: nor a function
  state.set('a', () => undefined)
  // @ts-expect-error: JSON would leave this out
  state.set('a', { b: undefined })
  // @ts-expect-error: what was stored by an older version may be anything
  const seen: number = state.get('a')
  // @ts-expect-error: kec may hold the very list
  for (const [, value] of state.entries()) if (Array.isArray(value)) (value as Extract<Json, readonly Json[]>).push(1)
  // @ts-expect-error: or the very object
  for (const [, value] of state.entries()) (value as Extract<Json, { readonly [key: string]: Json }>).a = 1
  holds<Equal<Parameters<State['get']>, [key: string]>>()
  holds<Equal<ReturnType<State['get']>, Json | undefined>>()
  holds<Equal<Parameters<State['set']>, [key: string, value: Json | undefined]>>()
  holds<Equal<ReturnType<State['entries']>, Iterable<readonly [key: string, value: Json]>>>()
  return seen
})

typed('metrics and log', kec => {
  const counter = kec.metrics.counter({ name: 'acme_posts_total', help: 'Posts.', labelNames: ['code'] })
  counter.increment()
  counter.increment(2, { code: '200' })
  kec.metrics.gauge({ name: 'acme_open', help: 'Open.', collect: () => [{ labels: {}, value: 1 }] }).set(1, { code: 'x' })
  // @ts-expect-error: the value of a label is a text
  counter.increment(1, { code: 200 })
  // @ts-expect-error: a counter is not set
  counter.set(1)
  // @ts-expect-error: /metrics shows the help
  kec.metrics.counter({ name: 'acme_posts_total' })
  // @ts-expect-error: a scrape does not wait
  kec.metrics.gauge({ name: 'a', help: 'b', collect: async () => [] })
  kec.log.warn('slow', { ms: 3 })
  // @ts-expect-error: what happened is a text, the rest are fields
  kec.log.error(new Error('slow'))
  type Say = (message: string, fields?: Readonly<Record<string, unknown>>) => void
  holds<Equal<Shape<Log>, { debug: Say; info: Say; warn: Say; error: Say }>>()
  holds<Equal<Shape<Metrics>, { counter: (definition: MetricDefinition) => Counter; gauge: (definition: MetricDefinition) => Gauge }>>()
  holds<Equal<Shape<Sample>, { readonly labels: Labels; readonly value: number }>>()
  holds<
    Equal<
      Shape<MetricDefinition>,
      { readonly name: string; readonly help: string; readonly labelNames?: readonly string[]; readonly collect?: () => Iterable<Sample> }
    >
  >()
  holds<Equal<Labels, Readonly<Record<string, string>>>>()
  holds<
    Equal<
      [Parameters<Counter['increment']>, Parameters<Gauge['set']>],
      [[by?: number | undefined, labels?: Labels | undefined], [value: number, labels?: Labels | undefined]]
    >
  >()
  holds<
    Equal<
      Shape<PluginContext>,
      {
        readonly name: string
        readonly hooks: Hooks
        readonly log: Log
        readonly metrics: Metrics
        readonly state: State
        readonly cluster: { readonly name: string }
      }
    >
  >()
})

/** Where there is an `any`, at any depth; never if nowhere. tapable's hooks are looked at by their taps, above. */
type AnyIn<T, Path extends string = ''> = 0 extends 1 & T
  ? `any at ${Path}`
  : T extends AbortSignal | Hooks[keyof Hooks]
    ? never
    : Equal<T, Extract<Json, T>> extends true // Json has itself in it
      ? never
      : T extends (...args: infer Args) => infer Result
        ? AnyIn<Args, `${Path}()`> | AnyIn<Result, `${Path}=>`>
        : T extends readonly (infer Item)[]
          ? AnyIn<Item, `${Path}[]`>
          : T extends object
            ? { [K in keyof T & string]-?: AnyIn<T[K], `${Path}.${K}`> }[keyof T & string]
            : never

typed('there is no any in what an author gets', () => {
  // biome-ignore lint/suspicious/noExplicitAny: it is what is looked for
  holds<Equal<AnyIn<{ a: { b(c: { d: any }[]): void } }>, 'any at .a.b()[][].d'>>()
  holds<Equal<AnyIn<PluginContext>, never>>()
  holds<Equal<AnyIn<KubeEvent>, never>>()
  holds<Equal<AnyIn<Delivery>, never>>()
  holds<Equal<AnyIn<Metrics | MetricDefinition | Sample | Shutdown | EntrySettings | Rule>, never>>()
  holds<Equal<AnyIn<PluginEntry['options']>, never>>()
  holds<Equal<AnyIn<Parameters<Plugin>>, never>>()
  holds<Equal<AnyIn<Parameters<PluginDefinition['setup']>>, never>>()
})
