export type { DeliveryOptions, Pattern, PluginEntry, Rule } from '@kec/plugin-api'
export { type Config, defineConfig, type NamedEntry } from './config/define.ts'
