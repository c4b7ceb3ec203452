import { definePlugin } from '@kec/plugin-api'
import { Bulk } from './bulk.ts'
import { connect, readableLogins } from './client.ts'
import { indexOf, streamOf, templateNameOf, wildcardOf } from './names.ts'
import { options } from './options.ts'
import { installTemplate } from './template.ts'

/** Events in Elasticsearch: a document for each version of an event, in a data stream or an index. */
export default definePlugin({
  name: 'elasticsearch',
  apiVersion: 1,
  // A second fills a bulk request. A request that hangs ends by itself (option timeout), so that the next one goes to another node.
  delivery: { maxBatch: 2_000, linger: 1_000, timeout: 120_000 },
  options,
  async setup(kec, settings) {
    const { index, template, retention, maxBytes } = settings
    const stream = settings.stream ?? streamOf(kec.cluster.name)
    const { name, pattern, nameOf } =
      index === undefined
        ? { name: stream, pattern: stream, nameOf: () => stream }
        : { name: templateNameOf(index), pattern: wildcardOf(index), nameOf: (time: string) => indexOf(index, time) }
    if (settings.insecure)
      kec.log.warn('the certificate of Elasticsearch is not verified (insecure): whoever is on the way can read all that is sent')
    const readable = readableLogins(settings).join(', ')
    if (readable !== '') kec.log.warn(`the login goes to ${readable} unencrypted: whoever is on the way can read it. Use https`)
    const elasticsearch = await connect(settings)
    kec.hooks.onShutdown.tapPromise('elasticsearch', ({ signal }) => unlessAborted(elasticsearch.close(), signal))

    const target = { name, pattern, current: () => nameOf(''), isStream: index === undefined, retention }
    let installation: Promise<void> | undefined
    /** Until it went well once. */
    const prepare = async () => {
      installation ??= installTemplate(elasticsearch, target, kec.log)
      await installation.catch(error => {
        installation = undefined
        throw error
      })
    }
    // A server that is down, or lacks a right, must not keep kec from starting: the journal keeps the events until it can.
    if (template) prepare().catch(error => kec.log.warn(`${error.message}; kec tries again before the first events`))

    const bulk = new Bulk(elasticsearch, {
      maxBytes,
      indexOf: ({ time }) => nameOf(time),
      needed: `the index privileges create_doc and auto_configure on ${pattern}`,
      log: kec.log,
    })
    kec.hooks.onEvent.tapPromise('elasticsearch', async (batch, delivery) => {
      if (template) await unlessAborted(prepare(), delivery.signal)
      await bulk.deliver(batch, delivery)
    })
  },
})

/** Ends with the work, or when the signal aborts; the work goes on then. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (signal.aborted) reject(signal.reason)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  work.then(resolve, reject)
  return promise
}
