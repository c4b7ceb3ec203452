import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { ElasticsearchProblem } from './problem.ts'

/**
 * The CA with this SHA-256 fingerprint, in PEM, as one of the nodes shows it. Whoever answers may show it: it proves nothing until a connection
 * is verified by it. (The client's own caFingerprint only looks whether it is shown, and takes a forged certificate beside it.)
 * @param timeout milliseconds
 */
export async function caByFingerprint(nodes: readonly URL[], fingerprint: string, timeout: number): Promise<string> {
  const wanted = plain(fingerprint)
  let failure: unknown
  for (const node of nodes) {
    try {
      const ca = (await chainOf(node, timeout)).find(({ fingerprint256 }) => plain(fingerprint256) === wanted)
      if (ca) return `-----BEGIN CERTIFICATE-----\n${ca.raw.toString('base64')}\n-----END CERTIFICATE-----\n`
      failure ??= 'no certificate that it shows has the fingerprint in caFingerprint. Correct that, or find out who answers there'
    } catch (error) {
      failure ??= error instanceof Error ? error.message : error
    }
  }
  throw new ElasticsearchProblem(`Elasticsearch can't be reached: ${failure}`)
}

const plain = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase()

async function chainOf({ hostname, port }: URL, timeout: number): Promise<DetailedPeerCertificate[]> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const servername = isIP(host) === 0 ? { servername: host } : {}
  // Not verified: nothing is sent, and what is shown is not believed.
  const socket = connect({ host, port: Number(port || 443), ...servername, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeout) })
    const chain: DetailedPeerCertificate[] = []
    // The last one is its own issuer.
    for (let at = socket.getPeerCertificate(true); at?.raw && !chain.includes(at); at = at.issuerCertificate) chain.push(at)
    return chain
  } finally {
    socket.destroy()
  }
}
