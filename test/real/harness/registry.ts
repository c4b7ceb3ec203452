import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

/** A registry of npm on loopback that has these tarballs, and nothing else. */
export class Registry implements AsyncDisposable {
  readonly url: string
  readonly #server

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // it listens on TCP
  }

  static async start(tarballs: readonly string[]): Promise<Registry> {
    const files = new Map(tarballs.map(file => [`/${basename(file)}`, readFileSync(file)]))
    const manifests = tarballs.map(file => manifestOf(file))
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '')
      const file = files.get(path)
      if (file) return response.end(file)
      const [manifest] = manifests.filter(({ name }) => path === `/${name}`)
      if (manifest === undefined) return response.writeHead(404).end('{}')
      const { name, version, file: tarball } = manifest
      const dist = { tarball: `http://${request.headers.host}/${tarball}`, integrity: integrityOf(files.get(`/${tarball}`) ?? '') }
      const document = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Registry(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** The package.json in a tarball, and the tarball's name. */
function manifestOf(file: string): { readonly name: string; readonly version: string; readonly file: string } {
  return { ...JSON.parse(execFileSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' })), file: basename(file) }
}

function integrityOf(file: Buffer | string): string {
  return `sha512-${createHash('sha512').update(file).digest('base64')}`
}
