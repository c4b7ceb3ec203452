import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { Tls } from './credentials.ts'

/** Milliseconds. */
const connectTimeout = 10_000

/**
 * The connections to one API server. One request at a time on each, as many of them as there are requests, so that an open watch is never in
 * the way; TCP keep-alive after 30 s of silence, less than the idle time of the usual load balancers.
 */
export function connections(tls: Tls, proxy: string | undefined): Dispatcher {
  const connect = { ...tls, allowH2: false, timeout: connectTimeout, keepAlive: true, keepAliveInitialDelay: 30_000 }
  // Deadlines are request()'s, for they cover the time to connect too.
  const shared = { allowH2: false, keepAliveTimeout: 30_000, headersTimeout: 0 }
  if (!proxy) return new Agent({ ...shared, connect })
  const proxyTls = { allowH2: false, timeout: connectTimeout, keepAlive: true, keepAliveInitialDelay: 30_000 }
  return new ProxyAgent({ ...shared, uri: proxy, proxyTls, requestTls: connect })
}

/** Whether a connection made with the one would be made just so with the other. */
export function sameTls(a: Tls, b: Tls): boolean {
  const same = (x: unknown, y: unknown) => x === y || String(x) === String(y)
  return (
    same(a.ca, b.ca) &&
    same(a.cert, b.cert) &&
    same(a.key, b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  )
}
