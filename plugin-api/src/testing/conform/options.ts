import { admit } from '../admit.ts'
import type { Bench } from './bench.ts'
import { firstLine, textOf } from './error-text.ts'

const stranger = 'kecConformanceUnknownOption'

/** Wrong options are refused, and nothing that nobody knows is let through. */
export async function options(bench: Bench): Promise<void> {
  for (const wrong of bench.subject.wrongOptions ?? []) {
    const host = await bench.startWith(wrong)
    if (host === undefined) continue
    await host.stop()
    bench.report(
      `it starts with options that are wrong: ${firstLine(JSON.stringify(wrong) ?? String(wrong))}`,
      'say in the schema what is allowed, so that kec refuses the rest with its place: `z.strictObject({ url: z.url() })`',
    )
  }
  await bench.withSystem(async ({ options }) => {
    if (options !== undefined && (typeof options !== 'object' || options === null)) return
    try {
      await admit(bench.make({ ...options, [stranger]: 1 }))
      bench.report(
        'an option that it does not know passes unnoticed',
        'use a strict schema, such as `z.strictObject`: a misspelt option must be an error',
      )
    } catch (error) {
      bench.hear(textOf(error))
    }
  })
}
