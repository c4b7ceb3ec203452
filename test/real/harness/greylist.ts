import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** A policy service for postfix: recipients whose address begins with `grey` are told to come again (450), the first time of each sender. */
export class Greylist implements AsyncDisposable {
  /** For main.cf. */
  readonly settings: Readonly<Record<string, string>>
  readonly #server: Server
  readonly #seen = new Set<string>()

  private constructor(server: Server) {
    this.#server = server
    const { port } = server.address() as AddressInfo // it listens on TCP
    this.settings = { smtpd_recipient_restrictions: `check_policy_service inet:127.0.0.1:${port}, reject_unauth_destination` }
    server.on('connection', socket => {
      let asked = ''
      socket.setEncoding('utf8').on('error', () => {})
      socket.on('data', text => {
        asked += text
        const requests = asked.split('\n\n') // what is after the last empty line is on its way
        asked = requests.pop() ?? ''
        for (const request of requests) socket.write(`action=${this.#judge(request)}\n\n`)
      })
    })
  }

  static async start(): Promise<Greylist> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Greylist(server)
  }

  #judge(request: string): string {
    const pair = request
      .split('\n')
      .filter(line => /^(sender|recipient)=/.test(line))
      .join()
    if (!/recipient=grey/.test(pair) || this.#seen.has(pair)) return 'dunno'
    this.#seen.add(pair)
    return 'defer_if_permit 4.2.0 Greylisted, come again'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close() // postfix keeps its connections until it ends
  }
}
