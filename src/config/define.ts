import type { EntrySettings, PluginEntry } from '@kec/plugin-api'
import type { z } from 'zod'
import type { schema } from './schema.ts'

/** A plugin by name, with what the configuration says of it. */
export interface NamedEntry extends EntrySettings {
  /** `log`, `@acme/kec-plugin-pager`, `./file.ts`, `./folder`. */
  readonly use: string
  /** The plugin's own options. They are checked when kec starts; call an imported plugin to have them checked where you write them. */
  readonly options?: unknown
}

/** What kec.config.ts exports. Every key may be left out. */
export interface Config extends Omit<z.input<typeof schema>, 'plugins'> {
  /** The sinks: what a plugin gives when it is called, or its name, or `{ use: name, … }`. Default: log to stdout, and metrics. */
  plugins?: readonly (PluginEntry | NamedEntry | string)[]
}

/** Gives the configuration its type; it changes nothing. */
export function defineConfig(config: Config): Config {
  return config
}
