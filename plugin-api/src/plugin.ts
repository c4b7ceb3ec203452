import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { PluginContext } from './context.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { Rule } from './rule.ts'

/** The version of this API. A plugin states the one it was written for; kec refuses any other by name. */
export const API_VERSION = 1

/** How kec knows a plugin, whichever copy of this package made it. */
export const PLUGIN: unique symbol = Symbol.for('kec.plugin') as never // Symbol.for is typed as plain symbol; a unique one is needed as a key

/** How kec knows an entry made by a plugin's factory. */
export const ENTRY: unique symbol = Symbol.for('kec.entry') as never // as above

/** A plugin as its author writes it. */
export interface PluginDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** Short, lower case, such as `webhook`: the entry's name unless the configuration gives another. */
  readonly name: string
  readonly apiVersion: number
  /** Any Standard Schema (zod, valibot, arktype …). What it refuses, kec reports with the place in the configuration. */
  readonly options?: Schema
  /** Defaults for this sink; an entry in the configuration may override them. */
  readonly delivery?: DeliveryOptions
  /**
   * Taps the hooks. Called once at start, before the first event, with validated options. A throw is a configuration error: say what is wrong
   * and what would be right. Open nothing here that must be closed, unless onShutdown closes it.
   */
  setup(kec: PluginContext, options: StandardSchemaV1.InferOutput<Schema>): void | Promise<void>
}

/** What the configuration may say of an entry beside the plugin's own options. */
export interface EntrySettings {
  /** Unique among the entries. Give one when the same plugin stands twice. */
  readonly name?: string
  /** Only events that match this rule, or one of these rules. */
  readonly match?: Rule | readonly Rule[]
  readonly delivery?: DeliveryOptions
}

/** Its type can't be written down elsewhere: an entry is what a plugin gives when it is called, with its options checked. */
declare const made: unique symbol

/** An entry of `plugins` in kec.config.ts, made by calling a plugin. */
export interface PluginEntry extends EntrySettings {
  readonly [ENTRY]: typeof made
  readonly plugin: PluginDefinition
  readonly options: unknown
}

/** The options may be left out where the schema takes nothing, or an empty object, which kec tries then. */
type Arguments<Input> = undefined extends Input
  ? [options?: Input, entry?: EntrySettings]
  : Record<never, never> extends Input
    ? [options?: Input, entry?: EntrySettings]
    : [options: Input, entry?: EntrySettings]

/** Of a plugin that takes no options. */
type NoOptions = StandardSchemaV1<Record<string, never> | undefined>

/** A plugin as it is exported: call it in kec.config.ts with its options, or name its package or file there. */
export interface Plugin<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  (...args: Arguments<StandardSchemaV1.InferInput<Schema>>): PluginEntry
  readonly [PLUGIN]: PluginDefinition<Schema>
}

/** A definition for this version of the API, whose `setup` takes what its schema gives. */
type Written<Schema extends StandardSchemaV1> = PluginDefinition<Schema> & {
  readonly apiVersion: typeof API_VERSION
  // A property: as a method it might ask for more than the schema gives.
  readonly setup: (kec: PluginContext, options: StandardSchemaV1.InferOutput<Schema>) => void | Promise<void>
}

/**
 * Makes a plugin of its definition. The types of the options follow from the schema, in `setup` and where the plugin is called.
 *
 * @example
 * export default definePlugin({
 *   name: 'webhook',
 *   apiVersion: 1,
 *   options: z.strictObject({ url: z.url() }),
 *   setup(kec, options) {
 *     kec.hooks.onEvent.tapPromise('webhook', async (batch, delivery) => {
 *       const answer = await fetch(options.url, { method: 'POST', body: JSON.stringify(batch), signal: delivery.signal })
 *       if (!answer.ok) throw new Error(`webhook answered ${answer.status}`) // the batch comes again
 *     })
 *   },
 * })
 */
export function definePlugin<Schema extends StandardSchemaV1>(definition: Written<Schema> & { readonly options: Schema }): Plugin<Schema>
export function definePlugin(definition: Written<NoOptions> & { readonly options?: never }): Plugin<NoOptions>
export function definePlugin(definition: PluginDefinition): unknown {
  const make = (options?: unknown, settings: EntrySettings = {}): PluginEntry => ({
    ...settings,
    [ENTRY]: true as never, // only its being there counts
    plugin: definition,
    options,
  })
  return Object.assign(make, { [PLUGIN]: definition })
}
