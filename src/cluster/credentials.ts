import { X509Certificate } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { getCACertificates } from 'node:tls'
import { KecError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Kubeconfig } from './kubeconfig.ts'

export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly tls: Tls
  /** Of the client certificate. */
  readonly expires: Date | undefined
}

export interface Tls extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Who kec is now: files are read again, an exec plugin is run when its last answer has expired. Throws KEC_KUBECONFIG. */
export async function readCredentials({ config, headers, origin, server }: Kubeconfig): Promise<Credentials> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    throw unreadable(error, config.getCurrentUser()?.exec, origin)
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options
  const all: Record<string, string | string[]> = { ...headers }
  if (options.auth) all.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  for (const [name, value] of Object.entries(options.headers ?? {})) all[name.toLowerCase()] = String(value).trim()
  return {
    headers: all,
    tls: {
      // Without a CA in the kubeconfig, kubectl trusts what the machine trusts; Node has a list of its own.
      ...(server.protocol === 'https:' && rejectUnauthorized !== false && { ca: ca ?? machineCertificates() }),
      ...(cert && { cert: cert as string | Buffer }), // client-node never gives a list
      ...(key && { key: key as string | Buffer }),
      ...(servername && { servername }),
      ...(rejectUnauthorized === false && { rejectUnauthorized }),
    },
    expires: cert ? expiry(String(cert), origin) : undefined,
  }
}

let machine: string[] | undefined
const machineCertificates = () => (machine ??= [...getCACertificates('default'), ...getCACertificates('system')])

function expiry(certificate: string, origin: string): Date {
  try {
    return new X509Certificate(certificate).validToDate
  } catch {
    throw new KecError('KEC_KUBECONFIG', `the client certificate of ${origin} is not a PEM certificate`, 'Put the right one there.')
  }
}

function unreadable(error: unknown, exec: { command?: string; installHint?: string } | undefined, origin: string): KecError {
  const { code, path, syscall, message } = error as NodeJS.ErrnoException // read as one: what is missing is undefined
  if (syscall?.startsWith('spawn')) {
    const hint = exec?.installHint ? firstLine(exec.installHint) : 'Install it, or put it into PATH.'
    return new KecError('KEC_KUBECONFIG', `${origin} needs the program ${exec?.command}, which cannot be started (${code})`, hint)
  }
  if (path) {
    return new KecError(
      'KEC_KUBECONFIG',
      `${origin} needs the file ${path}, which cannot be read (${code})`,
      'Put it there, or let kec read it.',
    )
  }
  if (exec) {
    const said = error instanceof SyntaxError || error instanceof TypeError ? 'its output is no ExecCredential' : firstLine(message)
    return new KecError(
      'KEC_KUBECONFIG',
      `the credential program ${exec.command} of ${origin} failed: ${said}`,
      'Run it by hand; log in again.',
    )
  }
  return new KecError(
    'KEC_KUBECONFIG',
    `the credentials of ${origin} cannot be had: ${firstLine(message)}`,
    'See whether kubectl can use them.',
  )
}

function firstLine(text: string): string {
  return printable(text.trim().split('\n')[0]?.slice(0, 300) || 'it says no more')
}
