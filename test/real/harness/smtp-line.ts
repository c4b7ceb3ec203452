import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Where a mail's way may end: before a command goes out, in the midst of the mail, or when the server has taken it and the client doesn't hear of it. */
export const stages = ['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'body', 'answer'] as const
export type Stage = (typeof stages)[number]

/** A line to a mail server that is spoken to without TLS. It breaks where it is told to, once. */
export class SmtpLine implements AsyncDisposable {
  readonly port: number
  readonly #server
  readonly #near = new Set<Socket>()
  #breaks: Stage | undefined
  #holds = false
  /** Answers to whole mails that never arrived. */
  lostAnswers = 0

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port // it listens on TCP
  }

  static async to(port: number): Promise<SmtpLine> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const line = new SmtpLine(server)
    server.on('connection', near => line.#join(near, port))
    return line
  }

  breakAt(stage: Stage): void {
    this.#breaks = stage
  }

  get isBroken(): boolean {
    return this.#breaks === undefined
  }

  /** Answers to whole mails don't arrive from now on; the line stays open. */
  holdAnswers(holds: boolean): void {
    this.#holds = holds
  }

  /** True, once, if it is to break here. */
  #ends(stage: string): boolean {
    if (this.#breaks !== stage) return false
    this.#breaks = undefined
    return true
  }

  /** How much of what the client says still goes out; undefined: all, and the line lives on. Several commands may come at once. */
  #endOf(bytes: Buffer, isBody: boolean): number | undefined {
    if (isBody) return this.#ends('body') ? bytes.length / 2 : undefined
    const command = new RegExp(`^${this.#breaks}\\b`, 'm').exec(bytes.toString('latin1'))
    return command && this.#ends(command[0]) ? command.index : undefined
  }

  #join(near: Socket, port: number): void {
    this.#near.add(near)
    const far = connect(port, '127.0.0.1')
    const hangUp = () => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', hangUp).on('close', hangUp)
    near.on('close', () => this.#near.delete(near))
    if (this.#ends('connect')) {
      hangUp()
      return
    }
    let isBody = false
    near.on('data', bytes => {
      const end = this.#endOf(bytes, isBody)
      if (end === undefined) far.write(bytes)
      else far.write(bytes.subarray(0, end), hangUp)
    })
    far.on('data', bytes => {
      const answer = bytes.toString('latin1')
      isBody = /^354 /m.test(answer)
      const isTaken = /^250 .*queued as/.test(answer)
      if (isTaken && (this.#holds || this.#breaks === 'answer')) {
        this.lostAnswers++
        if (this.#ends('answer')) hangUp()
      } else near.write(bytes)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#near) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
