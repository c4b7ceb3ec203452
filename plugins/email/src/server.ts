import wellKnown from 'nodemailer/lib/well-known'
import type { Options } from './options.ts'

export interface Server {
  readonly host: string
  readonly port: number
  readonly encryption: 'tls' | 'starttls' | 'none'
}

/** Which server the options mean. */
export function serverOf({ service, host = '', port, encryption }: Options): Server {
  const known = service === undefined ? false : wellKnown(service)
  if (known)
    return { host: known.host ?? '', port: Number(known.port ?? (known.secure ? 465 : 587)), encryption: known.secure ? 'tls' : 'starttls' }
  const how = encryption ?? (port === 465 ? 'tls' : 'starttls')
  return { host, port: port ?? { tls: 465, starttls: 587, none: 25 }[how], encryption: how }
}
