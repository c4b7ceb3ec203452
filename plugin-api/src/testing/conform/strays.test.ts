import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { pause } from '../real-time.ts'
import { watched, watchStrays } from './strays.ts'

/** In a process of its own: what nobody catches would end the test. */
async function stray(): Promise<never> {
  const heard: string[] = []
  process.on('unhandledRejection', error => heard.push(`others: ${error}`))
  const witness = { threw: (error: unknown) => void heard.push(`witness: ${error}`), exited: () => void heard.push('witness: exit') }
  const reject = (what: string) => void Promise.reject(what)
  const unwatch = [watchStrays(), watchStrays()]
  watched(witness, () => reject('of a plugin'))
  reject('of another')
  watched(witness, () => assert.throws(() => process.exit(3), { message: 'a plugin must not end the process' }))
  await pause(10)
  unwatch[0]?.()
  watched(witness, () => reject('while someone watches still'))
  await pause(10)
  unwatch[1]?.()
  watched(witness, () => reject('when nobody watches any more'))
  await pause(10)
  process.stdout.write(JSON.stringify(heard))
  return process.exit(7)
}

if (process.argv[2] === 'stray') await stray()
else
  test("a plugin's errors go to its witness, those of others where they always go; and a plugin does not end the process", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'stray'], { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.equal(status, 7)
    assert.deepEqual(JSON.parse(stdout), [
      'witness: exit',
      'witness: of a plugin',
      'others: of another',
      'witness: while someone watches still',
      'others: when nobody watches any more',
    ])
  })
