import { BlockList, isIP } from 'node:net'
import { KecError } from '../errors.ts'
import type { Kubeconfig } from './kubeconfig.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The kubeconfig's own proxy, else that of the environment. Throws KEC_KUBECONFIG if undici cannot go through it. */
export function chooseProxy(
  { proxyUrl, server, origin }: Pick<Kubeconfig, 'proxyUrl' | 'server' | 'origin'>,
  env: Env,
): string | undefined {
  const proxy = proxyUrl ?? proxyFromEnv(server, env)
  if (!proxy || /^(https?|socks5?):$/.test(URL.parse(proxy)?.protocol ?? '')) return proxy
  const place = proxyUrl ? `the proxy-url of ${origin}` : `the proxy in ${server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'}`
  throw new KecError(
    'KEC_KUBECONFIG',
    `${place} is no address that kec can go through`,
    'It must be http://, https:// or socks5://HOST:PORT.',
  )
}

/**
 * The proxy to a server by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go's programs (kubectl) read them: upper case before lower case, and
 * NO_PROXY knows address ranges, which undici's own reading does not. Undefined: go there directly.
 */
export function proxyFromEnv(server: URL, env: Env): string | undefined {
  const get = (name: string) => env[name] || env[name.toLowerCase()] || undefined
  const proxy = get(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (!proxy || exempt(server, get('NO_PROXY') ?? '')) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function exempt(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '')
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  if (host === 'localhost' || inRange(host, '127.0.0.0/8') || host === '::1') return true
  return noProxy
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .filter(entry => entry !== '')
    .some(entry => entry === '*' || inRange(host, entry) || matchesHost(host, port, entry))
}

function inRange(host: string, range: string): boolean {
  const [net = '', bits, ...rest] = range.split('/')
  if (!bits || rest.length > 0 || isIP(net) === 0 || isIP(host) !== isIP(net)) return false
  const family = isIP(net) === 4 ? 'ipv4' : 'ipv6'
  const length = Number(bits)
  if (!(length >= 0 && length <= (family === 'ipv4' ? 32 : 128))) return false
  const block = new BlockList()
  block.addSubnet(net, length, family)
  return block.check(host, family)
}

/** An entry is a host, which stands for its subdomains too, or .domain or *.domain for these alone; each may carry a port. */
function matchesHost(host: string, port: string, entry: string): boolean {
  const [, name = '', wantedPort] = /^(?:\[(?=.*\]))?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
  if (wantedPort && wantedPort !== port) return false
  if (isIP(name) > 0) return host === name
  const domain = name.replace(/^\*?\./, '')
  return (domain === name && host === name) || host.endsWith(`.${domain}`)
}
