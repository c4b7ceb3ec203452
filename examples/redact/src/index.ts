import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

/** A text, as the configuration may be JSON or YAML. */
const pattern = z.string().transform((text, context) => {
  try {
    return new RegExp(text)
  } catch (error) {
    context.issues.push({ code: 'custom', input: text, message: `must be a regular expression: ${error}` })
    return z.NEVER
  }
})

/** Drops every event in which one of the patterns is found: it is not kept, and no sink gets it. */
export default definePlugin({
  name: 'redact',
  apiVersion: 1,
  options: z.strictObject({ patterns: z.array(pattern).min(1) }),
  setup(kec, { patterns }) {
    kec.hooks.onFilter.tap('redact', event => {
      try {
        // All that the API server sent: it is what the journal would keep.
        for (const text of textsIn(event.raw)) if (patterns.some(pattern => pattern.test(text))) return false
      } catch {
        return false // kec keeps an event when a filter throws; this one may not
      }
    })
  },
})

/** All texts in a value, and the keys: of a label, these are text, too. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield key
    yield* textsIn(inner)
  }
}
