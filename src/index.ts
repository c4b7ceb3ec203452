export type { DeliveryOptions, Pattern, PluginEntry, Rule } from '@kec/plugin-api'
