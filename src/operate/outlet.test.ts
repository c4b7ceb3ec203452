import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

/** A process that writes without end, and says on stderr how much it has written and when its reader has gone. */
const source = `
  import { outletTo } from './src/operate/outlet.ts'
  const outlet = outletTo(process.stdout)
  let written = 0
  setInterval(() => console.error(written), 50).unref()
  while (await outlet.write('x'.repeat(10_000))) written++
  console.error('gone', outlet.gone.aborted)`

test('writes as fast as its reader takes it, and ends with it', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  await once(child.stderr, 'data')
  // Nobody reads: it waits. What the pipe and the streams hold is far less than what it would write in this time.
  for (let lines = 0; lines < 5; lines = said.split('\n').length) await once(child.stderr, 'data')
  const written = said.split('\n').slice(0, -1).map(Number)
  assert.equal(written.at(-1), written.at(-2))
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.match(said, /\ngone true\n$/)
})
