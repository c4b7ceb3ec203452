// What must be the same in deploy/kec.yaml, Dockerfile and kec itself. That it all runs: test/real/deploy.test.ts.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { drainLimit } from '../src/drain.ts'
import { ignores, stagesOf } from './deploy/dockerfile.ts'
import { deployed } from './deploy/manifest.ts'
import { folderWith } from './folder.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const template = deployed('Deployment').spec.template
const [container] = template.spec.containers
const configText = deployed('ConfigMap').data['kec.config.yaml'] ?? ''
const last = stagesOf(read('Dockerfile')).at(-1)?.instructions ?? []

test('the configuration in deploy/kec.yaml is one, and listens where probes and Prometheus ask', async t => {
  const folder = folderWith(t, { 'kec.config.yaml': configText })
  const { config, notices } = await loadConfig({ cwd: folder, file: undefined, env: {} })
  assert.deepEqual(notices, [])
  assert.equal(config.server.host, '0.0.0.0')
  assert.deepEqual(container.ports, [{ name: 'http', containerPort: config.server.port }])
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) assert.equal(container[probe].httpGet.port, 'http')
  assert.equal(template.metadata.annotations['prometheus.io/port'], String(config.server.port))
  assert.deepEqual(container.args, ['start', '--config', `${mountOf('config')}/kec.config.yaml`])
  const [, gibibytes] = /^(\d+)Gi$/.exec(deployed('PersistentVolumeClaim').spec.resources.requests.storage) ?? []
  assert.ok(Number(gibibytes) * 2 ** 30 >= 1.5 * config.journal.maxBytes, 'the volume has room for the journal, and more')
  assert.ok(config.journal.dir?.startsWith(`${mountOf('state')}/`), 'in a folder below the root of the volume')
})

test('the pod has the time that kec takes to stop, and the user and the version of the image', () => {
  assert.ok(template.spec.terminationGracePeriodSeconds * 1000 > drainLimit + 5_000)
  const { runAsUser, runAsGroup, fsGroup } = template.spec.securityContext
  assert.equal(last.find(({ name }) => name === 'USER')?.rest, `${runAsUser}:${runAsGroup}`)
  assert.equal(fsGroup, runAsGroup)
  const { version } = JSON.parse(read('package.json'))
  assert.equal(template.metadata.labels['app.kubernetes.io/version'], version)
  assert.ok(container.image.endsWith(`/kec:${version}`))
})

test("the image's kec is started with the flags of bin/kec.js, and keeps its state on the volume without a word in the configuration", () => {
  const [, flags = ''] = /^#!\/usr\/bin\/env -S node (.*)$/m.exec(read('bin/kec.js')) ?? []
  assert.deepEqual(last.find(({ name }) => name === 'ENTRYPOINT')?.words, ['node', ...flags.split(' '), '/kec/bin/kec.js'])
  const env = last.filter(({ name }) => name === 'ENV').flatMap(({ words }) => words)
  assert.ok(env.includes(`XDG_STATE_HOME=${mountOf('state').replace(/\/kec$/, '')}`))
  assert.ok(env.includes(`HOME=${mountOf('tmp')}`))
})

test('the image gets every file that may run, and no other', () => {
  const leftOut = ignores(read('.dockerignore'))
  const sources = globSync('{bin,src,plugin-api/src,plugins/*/src}/**/*.{js,ts}', { cwd: root })
  const workspaces = globSync('{plugin-api,plugins/*}/package.json', { cwd: root })
  const forTests = /(\.test|\/fixture)\.ts$/
  assert.ok(sources.length > 100 && workspaces.length > 2)
  const needed = ['package.json', 'package-lock.json', '.npmrc', ...workspaces, ...sources.filter(file => !forTests.test(file))]
  assert.deepEqual(needed.filter(leftOut), [])
  const others = ['.git/config', '.ci/run', 'node_modules/zod/package.json', 'plugins/log/node_modules/x/index.js', 'test/kec.ts', '.env']
  const tests = sources.filter(file => forTests.test(file))
  assert.deepEqual(
    [...others, ...tests].filter(file => !leftOut(file)),
    [],
  )
})

function mountOf(volume: string): string {
  return container.volumeMounts.find(({ name }) => name === volume)?.mountPath ?? ''
}
