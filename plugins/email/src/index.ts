import { definePlugin, type KubeEvent } from '@kec/plugin-api'
import { Composer } from './compose.ts'
import { options } from './options.ts'
import { Post } from './post.ts'
import { Rate } from './rate.ts'
import { Sender } from './sender.ts'
import { serverOf } from './server.ts'

export { escapeHtml } from './clean.ts'
export type { Digest, ReasonCount, Row } from './digest.ts'
export type { Mail, Template } from './options.ts'

/** Digests by mail. A digest is a batch: what waits for its turn waits in kec's journal. */
export default definePlugin({
  name: 'email',
  apiVersion: 1,
  delivery: { maxBatch: 5_000, timeout: 180_000 },
  options,
  setup(kec, given) {
    const { log, name, cluster, state } = kec
    const server = serverOf(given)
    if (given.insecure) log.warn(`the certificate of ${server.host} is not verified: whoever is on the way can read the mails`)
    if (server.encryption === 'none' && (given.password ?? given.oauth2) !== undefined)
      log.warn(`the login goes to ${server.host} unencrypted: whoever is on the way can read it`)
    const post = new Post(given, server, new Sender(given, server), new Composer(given, name, cluster.name), log)
    const rate = new Rate({ interval: given.interval, maxPerHour: given.maxPerHour }, state)
    // Later on, slowDown keeps the pace; what an earlier run sent is only known from the state.
    let isFirst = true

    kec.hooks.onEvent.tapPromise('email', async (batch, delivery) => {
      const news = batch.filter(event => isNews(event, delivery.replay))
      if (news.length === 0) return
      const wait = isFirst ? rate.wait(Date.now()) : 0
      isFirst = false
      if (wait > 0) {
        delivery.slowDown(wait)
        const time = new Date(Date.now() + wait).toISOString()
        throw new Error(`the next mail may go out at ${time}: the last one was shortly before kec started. Until then the events wait`)
      }
      await post.send(news, delivery)
      delivery.slowDown(rate.sent(Date.now()))
    })
  },
})

/** What was there before kec first looked is no news, unless an operator asks for it; nor is an update in which nothing happened. */
function isNews({ historical, occurrences }: KubeEvent, replay: boolean): boolean {
  return replay || (!historical && occurrences > 0)
}
