// A sink from outside: examples/webhook, loaded by its path.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../src/delivery/fixture.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { folderWith } from './folder.ts'
import { listen } from './listen.ts'

const root = join(import.meta.dirname, '..')

/** An event as JSON.stringify shows it. */
interface Posted {
  readonly id: string
  readonly reason: string
  readonly regarding: { readonly kind: string }
}

test('a sink from outside, by its path: what it could not post comes again, with the same ids, and all arrives', async t => {
  await using sandbox = await startSandbox()
  const bodies: Posted[][] = []
  let refusals = 2
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(refusals-- > 0 ? 500 : 204).end()
  })
  const port = await listen(t, server)

  for (let n = 1; n <= 30; n++)
    sandbox.store.create({
      metadata: { name: `e-${n}` },
      reason: `R${n}`,
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
    })
  const folder = folderWith(t, {})
  const plugin = { use: join(root, 'examples/webhook/src/index.ts'), options: { url: `http://127.0.0.1:${port}/` } }
  writeFileSync(
    join(folder, 'kec.config.json'),
    JSON.stringify({ plugins: [plugin], server: { port: 0 }, journal: { dir: join(folder, 'journal') } }),
  )
  writeFileSync(join(folder, 'kubeconfig'), sandbox.kubeconfig)
  const kec = spawn(process.execPath, [join(root, 'bin/kec.js'), 'start', '--kubeconfig', join(folder, 'kubeconfig')], {
    cwd: folder,
    stdio: 'ignore',
  })
  t.after(() => kec.kill('SIGKILL'))

  await until(() => bodies.length >= 3)
  const [first = [], second = [], third = []] = bodies
  const ids = (body: readonly Posted[]) => body.map(({ id }) => id)
  assert.deepEqual(ids(second), ids(first))
  assert.deepEqual(ids(third), ids(first))
  assert.equal(first[0]?.regarding.kind, 'Pod')
  await until(
    () =>
      new Set(
        bodies
          .slice(2)
          .flat()
          .map(({ reason }) => reason),
      ).size === 30,
  )
  kec.kill('SIGTERM')
  await once(kec, 'exit')
  assert.equal(kec.exitCode, 0)
  assert.equal(bodies.slice(2).flat().length, 30, 'nothing is posted twice')
})
