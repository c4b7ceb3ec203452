import type { KubeEvent, PluginEntry } from '@kec/plugin-api'

/** The same entry, whose sink gets every event with `[redacted]` in place of what the patterns find. Other sinks get it as it is. */
export function redacted(entry: PluginEntry, ...patterns: readonly RegExp[]): PluginEntry {
  const { plugin } = entry
  const all = patterns.map(({ source, flags }) => new RegExp(source, flags.includes('g') ? flags : `${flags}g`))
  return {
    ...entry,
    plugin: {
      ...plugin,
      setup(kec, options) {
        kec.hooks.onEvent.intercept({
          register: tap => ({
            ...tap,
            fn: (batch: readonly KubeEvent[], ...rest: unknown[]) => tap.fn(Object.freeze(batch.map(event => copyOf(event, all))), ...rest),
          }),
        })
        return plugin.setup(kec, options)
      },
    },
  }
}

/** What tells an event from others stays: marks go by the id, and so does who finds repeats. */
function copyOf(event: KubeEvent, patterns: readonly RegExp[]): KubeEvent {
  const { id, uid, resourceVersion, cluster } = event
  const copy = { ...mask({ ...event }, patterns), id, uid, resourceVersion, cluster }
  let maskedRaw: KubeEvent['raw'] | undefined // most sinks never look at it
  const getRaw = () => {
    maskedRaw ??= mask(event.raw, patterns)
    return maskedRaw
  }
  return Object.freeze(Object.defineProperty(copy, 'raw', { get: getRaw, enumerable: false }))
}

/** A frozen copy, in depth, with its texts masked. */
function mask<T>(value: T, patterns: readonly RegExp[]): T
function mask(value: unknown, patterns: readonly RegExp[]): unknown {
  if (typeof value === 'string') return patterns.reduce((text, pattern) => text.replaceAll(pattern, '[redacted]'), value)
  if (Array.isArray(value)) return Object.freeze(value.map(item => mask(item, patterns)))
  if (typeof value !== 'object' || value === null) return value
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner, patterns)])))
}
