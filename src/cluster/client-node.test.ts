import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Resident bytes that importing this way costs a fresh process which has undici already, as kec has. */
function cost(importIt: string): number {
  const script = `
    await import('undici')
    const { importKubeConfig } = await import(${JSON.stringify(new URL('client-node.ts', import.meta.url).href)})
    const before = process.memoryUsage.rss()
    const KubeConfig = ${importIt}
    new KubeConfig()
    console.log(process.memoryUsage.rss() - before)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.match(stdout, /^\d+\n$/, stderr)
  return Number(stdout)
}

test("KubeConfig comes without client-node's whole API", () => {
  const whole = cost("(await import('@kubernetes/client-node')).KubeConfig")
  const narrow = cost('await importKubeConfig()')
  assert.ok(narrow < whole / 2, `${narrow / 1e6} MB of ${whole / 1e6} MB`)
})
