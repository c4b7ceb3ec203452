import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const start = `
  import { writeToStdout } from '${new URL('stdout.ts', import.meta.url)}'
  const write = writeToStdout()
  const line = (letter, length) => Buffer.from(letter.repeat(length - 1) + '\\n')
`

/** A program that writes to standard output, a pipe, and tells of it on standard error. */
function run(program: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', start + program], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function textOf(stream: ChildProcess['stdout']): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += chunk
  return text
}

describe('standard output', () => {
  test('a closed pipe is an error each time, and ends nothing', async () => {
    const child = run(`
      process.stdin.resume()
      for (let failed = 0; failed < 2; ) await write(line('x', 1000)).catch(error => { failed++; console.error(error.message) })
      console.error('still here')`)
    child.stdout?.destroy()
    assert.match(await textOf(child.stderr), /^(cannot write to standard output: [^\n]*EPIPE[^\n]*\n){2}still here\n$/)
    assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0)
  })

  test('a slow reader holds up the write, and not the thread', async () => {
    const child = run(`
      let done = false
      const writing = write(line('x', 4_000_000)).then(() => { done = true })
      for (let i = 0; i < 20; i++) await new Promise(setImmediate)
      console.error(done ? 'done before it was read' : 'waiting')
      await writing
      console.error('done')`)
    const [first] = await once(child.stderr ?? child, 'data')
    assert.equal(String(first), 'waiting\n')
    const [out, error] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
    assert.equal(out.length, 4_000_000)
    assert.equal(error, 'done\n')
  })

  const skip = spawnSync('prlimit', ['--version']).status === 0 ? false : 'there is no prlimit'
  test('in a file, a line that a full disk cut is ended when there is room', { skip }, context => {
    const folder = mkdtempSync(join(tmpdir(), 'kec-log-'))
    context.after(() => rmSync(folder, { recursive: true, force: true }))
    // A file may have 4 KiB at first: the third line comes to an end in its middle.
    const program = `${start}
      import { spawnSync } from 'node:child_process'
      const limit = size => spawnSync('prlimit', ['--fsize=' + size + ':', '--pid', String(process.pid)])
      limit(4096)
      for (const letter of ['a', 'b']) await write(line(letter, 1500))
      for (let i = 0; i < 2; i++) await write(Buffer.concat([line('c', 1500), line('d', 1500)])).catch(error => console.error(error.message))
      limit('unlimited')
      await write(Buffer.concat([line('c', 1500), line('d', 1500)]))`
    const file = join(folder, 'out')
    const { stderr, status } = spawnSync('sh', ['-c', 'exec "$0" --input-type=module -e "$1" > "$2"', process.execPath, program, file], {
      encoding: 'utf8',
    })
    assert.equal(stderr, 'cannot write to standard output: EFBIG: file too large, write\n'.repeat(2))
    assert.equal(status, 0)
    const lines = readFileSync(file, 'utf8').split('\n')
    assert.deepEqual(
      lines.map(text => [text[0], text.length]),
      [...['a', 'b', 'c', 'c', 'd'].map(letter => [letter, 1499]), [undefined, 0]],
    )
  })
})
