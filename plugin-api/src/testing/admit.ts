import type { DeliveryOptions } from '../delivery.ts'
import type { KubeEvent } from '../event.ts'
import { compileRules, deliveryDefaults } from '../host/index.ts'
import { API_VERSION, ENTRY, type PluginDefinition, type PluginEntry } from '../plugin.ts'

/** An entry that was checked as kec does at start. */
export interface Admitted {
  readonly name: string
  readonly definition: PluginDefinition
  /** As the schema gave them. */
  readonly options: unknown
  readonly delivery: Required<DeliveryOptions>
  /** The entry's `match`. */
  readonly matches: (event: KubeEvent) => boolean
}

/** Checks what a plugin's factory gave. Throws what kec would report, all mistakes of the options at once. */
export async function admit(entry: PluginEntry): Promise<Admitted> {
  if (typeof entry === 'function') throw new Error('this is a plugin that was not called: call it with its options')
  if (typeof entry !== 'object' || entry === null || !(ENTRY in entry))
    throw new Error('this is no entry: call what definePlugin made, with its options')
  const { plugin: definition, options } = entry
  checkDefinition(definition)
  const { name = definition.name, match } = entry
  const own = { ...definition.delivery, ...entry.delivery }
  checkDelivery(name, own)
  return {
    name,
    definition,
    options: await validate(definition, options),
    delivery: { ...deliveryDefaults, ...own },
    matches: compileRules(match),
  }
}

/** Throws what is wrong with the definition itself. */
export function checkDefinition(definition: PluginDefinition): void {
  const { name, apiVersion, setup, options } = definition
  if (apiVersion !== API_VERSION) throw new Error(`${name} is for plugin API ${apiVersion}, and this is plugin API ${API_VERSION}`)
  if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]{0,62}$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no usable name: 1 to 63 letters, digits, ".", "_" or "-", and a letter or digit first`)
  if (typeof setup !== 'function') throw new Error(`${name} has no setup function`)
  if (options !== undefined && options?.['~standard'] === undefined) throw new Error(`the options of ${name} are no Standard Schema`)
}

function checkDelivery(name: string, delivery: DeliveryOptions): void {
  for (const [key, value] of Object.entries(delivery)) {
    if (!Object.hasOwn(deliveryDefaults, key))
      throw new Error(`${name}: delivery has no ${key}; it has ${Object.keys(deliveryDefaults).join(', ')}`)
    const least = key === 'linger' ? 0 : 1
    if (value !== undefined && !(Number.isInteger(value) && value >= least))
      throw new Error(`${name}: delivery.${key} must be a whole number, at least ${least}`)
  }
}

/** No options at all are what the schema makes of nothing, else of an empty object. */
async function validate({ name, options: schema }: PluginDefinition, options: unknown): Promise<unknown> {
  if (schema === undefined) {
    const keys = Object.keys(options ?? {})
    if (keys.length > 0) throw new Error(`${name} takes no options: remove ${keys.join(', ')}`)
    return undefined
  }
  const { validate: check } = schema['~standard']
  const nothing = options === undefined ? await check(undefined) : undefined
  const result = nothing && !nothing.issues ? nothing : await check(options ?? {})
  if (!result.issues) return result.value
  const issues = result.issues.map(({ path = [], message }) => {
    const at = path.map(part => String(typeof part === 'object' ? part.key : part)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  throw new Error(`${name} refuses its options: ${issues.join('; ')}`)
}
