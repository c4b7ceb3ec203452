import { KecError } from '../errors.ts'

/** Of the connection that failed, for the words about it. */
export interface Attempt {
  readonly server: string
  readonly origin: string
  /** Without its password. */
  readonly proxy: string | undefined
}

interface Cause {
  readonly why: string
  readonly fix: string
}

const wrongCa: Cause = {
  why: 'its certificate is not signed by a CA that kec was given',
  fix: 'Put the right certificate-authority into the kubeconfig; does the address lead to the right cluster?',
}
const down: Cause = {
  why: 'nothing listens there',
  fix: 'Is the API server running, and is the address right? kubectl cluster-info tells.',
}
const unknownHost: Cause = {
  why: 'there is no such host',
  fix: 'Is the name right, and does this machine need a VPN or a DNS server for it?',
}
const unreachable: Cause = { why: 'no network leads there', fix: 'Does this machine need a VPN for it, or HTTPS_PROXY?' }
const slow: Cause = { why: 'it does not answer', fix: 'Does a firewall stand between, or does this machine need a VPN or HTTPS_PROXY?' }
const reset: Cause = { why: 'it closed the connection', fix: 'Is it starting up, or a load balancer without a server behind it?' }
const notTls: Cause = { why: 'what answers there does not speak TLS', fix: 'Are the port and https:// right?' }
const badPem: Cause = {
  why: 'the CA, client certificate or key is not valid PEM, or key and certificate do not belong together',
  fix: 'Look at certificate-authority, client-certificate and client-key in the kubeconfig.',
}
const badClientCertificate: Cause = { why: 'it refuses the client certificate', fix: 'Has it expired? Get a new one for the kubeconfig.' }

const causes: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: down,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: { why: 'its name could not be looked up', fix: 'Does the DNS server of this machine answer?' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: slow,
  UND_ERR_CONNECT_TIMEOUT: slow,
  ECONNRESET: reset,
  EPIPE: reset,
  UND_ERR_SOCKET: reset,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: wrongCa,
  UNABLE_TO_GET_ISSUER_CERT: wrongCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: wrongCa,
  SELF_SIGNED_CERT_IN_CHAIN: wrongCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: wrongCa,
  CERT_SIGNATURE_FAILURE: wrongCa,
  CERT_UNTRUSTED: wrongCa,
  CERT_HAS_EXPIRED: { why: 'its own certificate has expired', fix: 'Renew it at the API server; is the clock of this machine right?' },
  CERT_NOT_YET_VALID: { why: 'its certificate is not valid yet', fix: 'Is the clock of this machine right?' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'its certificate is for another name',
    fix: "Use a name that the certificate has, or set tls-server-name in the kubeconfig's cluster.",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  HPE_INVALID_CONSTANT: { why: 'what answers there does not speak HTTP', fix: 'Does the port want https://?' },
}

/** An error of a connection in words: what could not be reached, why, and what helps. Never holds a secret. */
export function explainConnection(error: unknown, { server, origin, proxy }: Attempt): KecError {
  if (error instanceof KecError) return error
  const { code, message } = deepest(error)
  const refusal = /Proxy response \((\d+)\)/.exec(message)?.[1] ?? (/\(407\)/.test(message) ? '407' : undefined)
  const options = { cause: error }
  if (refusal) {
    const fix =
      refusal === '407' ? 'Give the proxy its user and password: http://USER:PASSWORD@HOST:PORT' : 'May it connect there? If not, NO_PROXY.'
    return new KecError('KEC_CLUSTER', `the proxy ${proxy} refuses to connect to ${server} (${refusal})`, fix, options)
  }
  const { why, fix } = causes[code] ?? byPrefix(code) ?? { why: message, fix: 'See whether kubectl reaches it.' }
  const through = proxy ? ` through the proxy ${proxy}` : ''
  return new KecError('KEC_CLUSTER', `cannot reach the API server ${server}${through} (${origin}): ${why} (${code})`, fix, options)
}

function byPrefix(code: string): Cause | undefined {
  if (/^ERR_SSL_.*ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA)/.test(code)) return badClientCertificate
  if (/^ERR_OSSL_/.test(code)) return badPem
  if (/^HPE_/.test(code)) return causes.HPE_INVALID_CONSTANT
  return undefined
}

/** Node wraps the errors of several addresses in one, and undici those of a proxy. */
function deepest(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return deepest(error.errors[0])
  if (error instanceof Error && error.cause instanceof Error && 'code' in error.cause) return deepest(error.cause)
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) }
  return { code: 'code' in error ? String(error.code) : error.name, message: error.message }
}
