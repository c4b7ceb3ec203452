import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Delivery, KubeEvent, Log } from '@kec/plugin-api'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { Authority } from '../../../test/certificates.ts'
import { kubeEvent } from '../../../test/kube-event.ts'

export { type ParsedMail, simpleParser }

/** One for all servers: keys take long to make. */
const authority = new Authority()

export interface Received {
  readonly mail: ParsedMail
  /** As it came. */
  readonly source: string
  readonly from: string
  readonly to: readonly string[]
}

/** A mail server on loopback, with a certificate for 127.0.0.1 unless told otherwise, that takes user `ops` with password `secret`. */
export class MailServer {
  readonly port: number
  readonly ca: string
  readonly received: Received[] = []
  /** Logins that were tried. */
  logins = 0
  connections = 0
  readonly #server: SMTPServer

  private constructor(server: SMTPServer, ca: string) {
    this.#server = server
    this.ca = ca
    const { port } = server.server.address() as AddressInfo // it listens on TCP
    this.port = port
  }

  static async start(t: Pick<TestContext, 'after'>, own: SMTPServerOptions = {}, name = '127.0.0.1'): Promise<MailServer> {
    const sockets = new Set<Socket>()
    const server = new SMTPServer({
      ...authority.issue('mail', { names: [name] }),
      authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
      authOptional: true,
      closeTimeout: 1,
      onAuth({ username, password, accessToken }, _session, callback) {
        mails.logins++
        const isRight = (username === 'ops' && password === 'secret') || accessToken === 'a-token'
        callback(isRight ? null : refusal(535, 'Login Fail. Please enter your authorization code to login.'), { user: username })
      },
      onData(stream, session, callback) {
        const chunks: Buffer[] = []
        stream.on('data', chunk => chunks.push(chunk))
        stream.on('end', async () => {
          const source = Buffer.concat(chunks).toString()
          const { mailFrom, rcptTo } = session.envelope
          const to = rcptTo.map(({ address }) => address)
          mails.received.push({ mail: await simpleParser(source), source, from: mailFrom ? mailFrom.address : '', to })
          callback()
        })
      },
      ...own,
      onConnect(session, callback) {
        mails.connections++
        if (own.onConnect) own.onConnect.call(this, session, callback)
        else callback()
      },
    })
    server.on('error', () => {}) // clients that go away in mid-sentence
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    const mails = new MailServer(server, authority.ca)
    t.after(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(done => mails.#server.close(done))
    })
    return mails
  }
}

/** What an SMTP server says no with. */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}

/** An event of a pod, and what is to be different. */
export function event(own: Partial<KubeEvent> = {}): KubeEvent {
  const id = own.id ?? `c/${next++}/1`
  return kubeEvent({
    id,
    uid: id,
    resourceVersion: '1',
    change: 'created',
    message: 'Back-off restarting failed container',
    count: 1,
    occurrences: 1,
    time: '2026-11-24T14:02:11Z',
    name: 'web-1.17',
    regarding: pod('web-1'),
    reporting: { controller: '', instance: '' },
    source: { component: 'kubelet', host: 'node-1' },
    ...own,
  })
}

let next = 1

export const pod = (name: string, namespace = 'shop') => ({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid: '', fieldPath: '' })

/** A hand-over that keeps how long it was asked to wait. */
export function delivery(own: Partial<Delivery> = {}): Delivery & { waited: number } {
  const handover = {
    signal: new AbortController().signal,
    attempt: 1,
    replay: false,
    reject() {},
    retry() {},
    waited: 0,
    slowDown(ms: number) {
      handover.waited = Math.max(handover.waited, ms)
    },
    ...own,
  }
  return handover
}

/** A log that keeps what is said. */
export function logTo(lines: string[]): Log {
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
