import type { Hooks, KubeEvent, Rule } from '@kec/plugin-api'
import { compilePattern, compileRules } from '@kec/plugin-api/host'

/** Why an event is not kept. */
type Cause = 'level' | 'namespace' | 'match' | 'drop' | `plugin:${string}`

export interface FilterSettings {
  /** `Warning` keeps all but Normal; `Normal` keeps all, and so does nothing. */
  readonly level?: 'Normal' | 'Warning' | undefined
  /** Namespaces, as patterns, whose events are not kept. */
  readonly excludeNamespaces?: readonly string[] | undefined
  /** Only events for which one of these rules holds. */
  readonly match?: Rule | readonly Rule[] | undefined
  /** Events for which one of these rules holds are not kept, even if `match` holds. */
  readonly drop?: Rule | readonly Rule[] | undefined
}

/** A plugin that tapped onFilter. */
export interface FilterTap {
  readonly name: string
  readonly hooks: Pick<Hooks, 'onFilter'>
}

/** Decides what is kept at all. */
export interface Filter {
  /** Why the event is not kept; undefined keeps it. */
  decide(event: KubeEvent): Cause | undefined
}

/**
 * @param taps asked in this order, each for what all before it kept
 * @param onError called when a plugin's tap throws; the event is kept as far as that plugin goes
 */
export function createFilter(
  settings: FilterSettings,
  taps: readonly FilterTap[],
  onError: (plugin: string, error: unknown, event: KubeEvent) => void,
): Filter {
  const excluded = compilePattern(settings.excludeNamespaces ?? [])
  const matches = compileRules(settings.match)
  const drops = compileRules(settings.drop ?? [])
  // No type and unknown types are kept: an event of type "" or "Error" is not a normal one.
  const tooLow = settings.level === 'Warning' ? (event: KubeEvent) => event.type === 'Normal' : () => false

  function dropped(tap: FilterTap, event: KubeEvent): boolean {
    try {
      return tap.hooks.onFilter.call(event) === false
    } catch (error) {
      onError(tap.name, error, event)
      return false
    }
  }

  return {
    decide(event) {
      if (tooLow(event)) return 'level'
      if (excluded(event.namespace)) return 'namespace'
      if (drops(event)) return 'drop'
      if (!matches(event)) return 'match'
      for (const tap of taps) if (dropped(tap, event)) return `plugin:${tap.name}`
      return undefined
    },
  }
}
