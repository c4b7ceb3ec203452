import { definePlugin } from '@kec/plugin-api'
import { Client } from './client.ts'
import { bodyOf, entryOf } from './entry.ts'
import { type Evidence, HandingOver, type Push } from './handing-over.ts'
import { StreamLabels } from './labels.ts'
import { holdsLogin, options } from './options.ts'
import { judge } from './verdict.ts'

/** Pushes events to Loki, or to what takes its push API. */
export default definePlugin({
  name: 'loki',
  apiVersion: 1,
  delivery: { maxBatch: 1_000 }, // about a megabyte
  options,
  setup(kec, settings) {
    const client = new Client(settings)
    const streams = new StreamLabels(kec.cluster.name, settings.labels ?? {}, settings)
    const evidence: Evidence = {}
    const where = `Loki at ${client.url.origin}`
    if (settings.insecure)
      kec.log.warn(`the certificate of ${where} is not verified (insecure): whoever is on the way can read all that is sent`)
    if (isReadable(client.url) && holdsLogin(settings))
      kec.log.warn(`the login goes to ${client.url.host} unencrypted: whoever is on the way can read it. Use https`)

    kec.hooks.onEvent.tapPromise('loki', async (batch, delivery) => {
      const entries = batch.flatMap(event => {
        const entry = entryOf(event, streams.of(event, performance.now()), settings)
        if (entry === undefined) delivery.reject(event, 'its time is none that Loki can store')
        return entry ?? []
      })
      const push: Push = async part => {
        try {
          return judge(await client.push(bodyOf(part), delivery.signal), where)
        } catch (error) {
          delivery.signal.throwIfAborted()
          throw new Error(`${where} does not answer: ${reasonOf(error)}`, { cause: error })
        }
      }
      const failure = await new HandingOver(delivery, push, evidence).run(entries, settings.maxBytes)
      if (failure !== undefined) kec.log.warn(`a part of a batch must come again: ${failure}`)
    })
    kec.hooks.onShutdown.tap('loki', () => client.close())
  },
})

/** Goes over a network as it is. */
function isReadable({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !/^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

/** A connection that was tried by several addresses fails with an error that says nothing itself. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
