// What npm users get: packed, installed in an empty folder, and run there as a shell would.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { pack } from '../../tools/packing/pack.ts'
import { root } from '../../tools/packing/packages.ts'
import { folderWith } from '../folder.ts'
import { Command, exportedBy, linesOf } from '../kec.ts'
import { waitFor } from '../wait-for.ts'
import { fetchNode, install, noRegistry } from './harness/npm.ts'
import { temporaryFolder } from './harness/process.ts'

const config = `import log from '@kec/plugin-log'
import metrics from '@kec/plugin-metrics'
import { defineConfig } from 'kec'

export default defineConfig({
  cluster: 'packed',
  plugins: [log({ file: 'events.log' }), metrics({ maxSeries: 500 })],
  server: { port: 0 },
})
`

/** A plugin's test, in short. */
const plugin = `import { definePlugin } from '@kec/plugin-api'
import { startTestHost, testEvent } from '@kec/plugin-api/testing'

const plugin = definePlugin({
  name: 'quiet',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('quiet', () => {})
  },
})
await using kec = await startTestHost(plugin())
kec.feed(testEvent({ reason: 'BackOff' }))
await kec.settled()
console.log(kec.delivered.map(({ reason }) => reason).join())
`

/** As an editor would ask for it; it reads every declaration that it comes by. */
const tsconfig = {
  compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] },
  include: ['*.ts', '*.mts'],
}

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const oldest = `${engines.node.replace('>=', '')}.0`
const tooOld = '20.20.2'

describe('the packages, installed', { skip: noRegistry(), timeout: 300_000 }, () => {
  const folder = temporaryFolder()
  const site = join(folder, 'site')
  /** Where the `node` of a version is. */
  const places: Record<string, string> = { [process.versions.node]: dirname(process.execPath) }

  before(async () => {
    const home = join(folder, 'home')
    for (const path of [site, home]) mkdirSync(path)
    const tarballs = pack(join(folder, 'tarballs')).map(({ tarball }) => tarball)
    const fetched = [oldest, tooOld].map(async version => {
      places[version] ??= await fetchNode(version, join(folder, version))
    })
    await Promise.all([install(site, home, ...tarballs), ...fetched])
    writeFileSync(join(site, 'kec.config.ts'), config)
    writeFileSync(join(site, 'plugin.mts'), plugin)
    writeFileSync(join(site, 'tsconfig.json'), JSON.stringify(tsconfig))
  })

  /** The installed kec, started by its first line, with the Node of this version first in PATH. */
  function kecOn(version: string, t: TestContext, words: readonly string[], KUBECONFIG = '', cwd = site): Command {
    const PATH = [places[version], process.env.PATH].join(delimiter)
    return new Command(t, cwd, words, { PATH, KUBECONFIG }, [join(site, 'node_modules/.bin/kec')])
  }

  test('with one copy of the plugin API for all of them', () => {
    assert.deepEqual(globSync('node_modules/**/@kec/plugin-api/package.json', { cwd: site }), ['node_modules/@kec/plugin-api/package.json'])
  })

  test('kec start and kec generate, on the oldest Node and on this one', async t => {
    const sandbox = kecOn(oldest, t, ['sandbox'])
    await sandbox.until(() => sandbox.stdout.includes('Ctrl-C'))
    const KUBECONFIG = exportedBy(sandbox.stdout)
    for (const [i, version] of [oldest, process.versions.node].entries()) {
      const kec = kecOn(version, t, ['start'], KUBECONFIG)
      const metrics = /"metrics":"([^"]+)"/
      await kec.until(() => metrics.test(kec.stderr))
      const generate = kecOn(version, t, ['generate', '--reason', `Testing-Reason-${i}`], KUBECONFIG)
      assert.equal(await generate.end(), 0, generate.stderr)
      const file = join(site, 'events.log')
      await kec.until(() => existsSync(file) && readFileSync(file, 'utf8').includes(`"Testing-Reason-${i}"`))
      const counted = new RegExp(`^kec_events_total\\{.*reason="Testing-Reason-${i}".*\\} 1$`, 'm')
      let scrape = ''
      await waitFor('the metrics plugin to have the event', async () => {
        scrape = await (await fetch(metrics.exec(kec.stderr)?.[1] ?? '')).text()
        return counted.test(scrape)
      })
      assert.match(scrape, new RegExp(`^nodejs_version_info\\{version="v${version.replaceAll('.', '\\.')}"`, 'm'))
      kec.signal('SIGTERM')
      assert.equal(await kec.end(), 0, kec.stderr)
    }
    const reasons = linesOf(readFileSync(join(site, 'events.log'), 'utf8')).map(({ reason }) => reason)
    assert.deepEqual(reasons, ['Testing-Reason-0', 'Testing-Reason-1'])
    sandbox.signal('SIGTERM')
    assert.equal(await sandbox.end(), 0, sandbox.stderr)
  })

  test('kec demo', async t => {
    const demo = kecOn(oldest, t, ['demo', '--for', '1s'])
    assert.equal(await demo.end(), 0, demo.stderr)
    assert.match(demo.stdout, /nothing lost, nothing invented[\s\S]*webhook +\d+ delivered/)
  })

  test('a Node that is too old: kec says which one it needs', async t => {
    const kec = kecOn(tooOld, t, ['start'])
    assert.equal(await kec.end(), 1)
    assert.match(kec.stderr, new RegExp(`^kec: needs Node\\.js 24\\.15 or newer; this is v${tooOld}.*\\n.*\\n$`))
    assert.equal(kec.stdout, '')
  })

  test('the test host for plugins, on the oldest Node', () => {
    const { stdout, stderr } = spawnSync(join(places[oldest] ?? '', 'node'), ['plugin.mts'], { cwd: site, encoding: 'utf8' })
    assert.deepEqual({ stdout, stderr }, { stdout: 'BackOff\n', stderr: '' })
  })

  test('kec plugin list, where nothing is installed: a configuration and a plugin have what comes with kec', async t => {
    const elsewhere = folderWith(t, {
      'kec.config.ts': config.replace('plugins: [', "plugins: ['./mine.ts', "),
      'mine.ts': `import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

export default definePlugin({ name: 'mine', apiVersion: 1, options: z.strictObject({}), setup() {} })
`,
    })
    const list = kecOn(oldest, t, ['plugin', 'list'], undefined, elsewhere)
    assert.equal(await list.end(), 0, list.stderr)
    assert.match(list.stdout, /^mine\n[\s\S]*^log\n +plugin +log \d[\s\S]*^metrics\n/m)
  })

  test('what is wrong in kec.config.ts is a compile error, what is right is none', () => {
    const wrong = config
      .replace("cluster: 'packed'", "clustre: 'packed'")
      .replace("file: 'events.log'", "fil: 'events.log'")
      .replace('maxSeries: 500', "maxSeries: '500'")
    writeFileSync(join(site, 'wrong.ts'), wrong)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '--project', site], { cwd: site, encoding: 'utf8' })
    assert.match(stdout, /^wrong\.ts\(6,3\): .*'clustre'.*'cluster'\?$/m)
    assert.match(stdout, /^wrong\.ts\(7,19\): .*'fil'.*'file'\?$/m)
    assert.match(stdout, /^wrong\.ts\(7,51\): .*Type 'string' is not assignable to type 'number'/m)
    assert.equal(stdout.match(/error TS/g)?.length, 3, stdout) // none in the others
  })
})
