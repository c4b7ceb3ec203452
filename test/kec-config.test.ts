// kec.config.ts is the first file that a newcomer changes: what stands there in comments must work when it is uncommented.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { Authority } from './certificates.ts'
import { folderWith } from './folder.ts'
import { Command } from './kec.ts'

const root = join(import.meta.dirname, '..')
const sinks = ['elasticsearch', 'loki', 'email']
const secrets = { ES_API_KEY: 'aWQ6a2V5', LOKI_PASSWORD: 'a', MAIL_FROM: 'kec@example.org', MAIL_PASSWORD: 'b' }

/** A folder with the kubeconfig of a sandbox, a CA, and kec.config.ts without the comments before code; on a port of its own. */
async function uncommented(t: TestContext): Promise<string> {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const folder = folderWith(t, { '.kube/config': sandbox.kubeconfig, 'ca.pem': new Authority().ca, 'package.json': '{"type":"module"}' })
  const text = readFileSync(join(root, 'kec.config.ts'), 'utf8')
    .replaceAll(/^( *)\/\/ (?=import |\w+\(|filter:| {2}\{|\),)/gm, '$1')
    .replace(/https:\/\/\w+\.example\.org(:\d+)?/g, 'https://127.0.0.1:1')
    .replace('/etc/kec/ca.pem', join(folder, 'ca.pem'))
    .replace('defineConfig({', 'defineConfig({\n  server: { port: 0 },')
  for (const sink of sinks) assert.match(text, new RegExp(`^import ${sink} [^]*^    ${sink}\\(`, 'm'))
  writeFileSync(join(folder, 'kec.config.ts'), text)
  return folder
}

test('kec.config.ts: what is uncommented has the right types', async t => {
  const folder = await uncommented(t)
  const paths = {
    kec: [join(root, 'src/index.ts')],
    '@kec/plugin-*': [join(root, 'plugins/*/src/index.ts'), join(root, 'plugin-*/src/index.ts')],
  }
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { paths, typeRoots: [join(root, 'node_modules/@types')] },
    include: [],
    files: ['kec.config.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const check = () => spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
  const { stdout, status } = check()
  assert.deepEqual([stdout, status], ['', 0])

  const file = join(folder, 'kec.config.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace("service: 'QQ'", 'service: 5').replace('username:', 'user:'))
  const wrong = check()
  assert.deepEqual(wrong.stdout.match(/kec\.config\.ts\(\d+,/g)?.length, 2, wrong.stdout)
})

test('kec.config.ts: what is uncommented starts; without its secrets it says what to set, at each place', async t => {
  const folder = await uncommented(t)
  const bare = new Command(t, folder, ['start'])
  assert.equal(await bare.end(), 2, bare.stderr)
  for (const name of Object.keys(secrets))
    assert.match(bare.stderr, new RegExp(`plugins\\[\\d\\]\\S+: the environment\\s+variable\\s+${name}\\s`), bare.stderr)

  const kec = new Command(t, folder, ['start'], secrets)
  await kec.until(() => kec.stderr.includes('"sinks":"log, metrics, elasticsearch, loki, email"'))
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0, kec.stderr)
})
