import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line to a port on this machine that can be cut and mended. */
export class TelephoneLine implements AsyncDisposable {
  readonly port: number
  readonly #server
  readonly #near = new Set<Socket>()
  #cut = false

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port // it listens on TCP
  }

  static async to(port: number): Promise<TelephoneLine> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const line = new TelephoneLine(server)
    server.on('connection', near => line.#join(near, port))
    return line
  }

  /** Cuts what is open, and whatever comes until it is mended. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#near) socket.destroy()
  }

  mend(): void {
    this.#cut = false
  }

  #join(near: Socket, port: number): void {
    if (this.#cut) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    this.#near.add(near)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    near.on('close', () => {
      this.#near.delete(near)
      far.destroy()
    })
    far.on('error', () => near.destroy())
    far.on('close', () => near.destroy())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
