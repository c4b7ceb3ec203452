import type { PluginEntry } from '../plugin.ts'
import { Host } from './host.ts'
import type { TestHost, TestHostSettings } from './test-host.ts'

/**
 * Starts a plugin with its options, as kec would: `await startTestHost(webhook({ url }))`. Rejects if its options are wrong or its setup throws.
 *
 * @example
 * await using kec = await startTestHost(webhook({ url }))
 * kec.feed(testEvent(), testEvent())
 * await kec.settled()
 * assert.equal(kec.delivered.length, 2)
 */
export function startTestHost(entry: PluginEntry, settings?: TestHostSettings): Promise<TestHost> {
  return Host.start(entry, settings)
}
