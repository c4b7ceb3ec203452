import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line to a port on this machine that can be cut, held up and mended. */
export class TelephoneLine implements AsyncDisposable {
  readonly port: number
  readonly #server
  readonly #near = new Set<Socket>()
  #cut = false
  /** Bytes that may still come from the far end. */
  #left = Number.POSITIVE_INFINITY

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

  /** After so many bytes from the far end nothing more comes of what is open, until that is cut. */
  holdUpAfter(bytes: number): void {
    this.#left = bytes
  }

  mend(): void {
    this.#cut = false
    this.#left = Number.POSITIVE_INFINITY
  }

  #join(near: Socket, port: number): void {
    if (this.#cut) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    this.#near.add(near)
    near.pipe(far)
    far.on('data', bytes => {
      this.#left -= bytes.length
      if (this.#left < 0) far.pause()
      else if (!near.write(bytes)) far.pause()
    })
    near.on('drain', () => far.resume())
    far.on('end', () => near.end())
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
