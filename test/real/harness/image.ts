import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Instruction, ignores, stagesOf } from '../../deploy/dockerfile.ts'
import { makeRoot, type Root, spawnIn } from './container.ts'

/** What a Dockerfile makes. */
export interface Image {
  readonly root: Root
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly workdir: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
}

interface Draft extends Image {
  env: Readonly<Record<string, string>>
  user: string
  workdir: string
  entrypoint: readonly string[]
  cmd: readonly string[]
}

const repository = join(import.meta.dirname, '../../..')

/** Runs each step of the Dockerfile by hand, in folders under this one. FROM is not fetched: makeRoot says what stands for it. */
export async function buildImage(folder: string): Promise<Image> {
  const stages = new Map<string, Image>()
  let last: Image | undefined
  for (const [i, { name, instructions }] of stagesOf(readFileSync(join(repository, 'Dockerfile'), 'utf8')).entries()) {
    const path = join(folder, `stage-${i}`)
    mkdirSync(path)
    const draft: Draft = { root: makeRoot(path), env: {}, user: '0:0', workdir: '/', entrypoint: [], cmd: [] }
    for (const instruction of instructions) await take(draft, instruction, stages)
    if (name) stages.set(name, draft)
    last = draft
  }
  if (last === undefined) throw new Error('the Dockerfile has no stage')
  return last
}

async function take(draft: Draft, { name, flags, rest, words }: Instruction, stages: ReadonlyMap<string, Image>): Promise<void> {
  const place = (path: string) => join(draft.root.path, resolve(draft.workdir, path))
  switch (name) {
    case 'WORKDIR':
      draft.workdir = resolve(draft.workdir, rest)
      mkdirSync(place('.'), { recursive: true })
      break
    case 'ENV':
      draft.env = { ...draft.env, ...Object.fromEntries(words.map(word => word.split('=', 2))) }
      break
    case 'USER':
      draft.user = rest
      break
    case 'ENTRYPOINT':
      draft.entrypoint = words
      break
    case 'CMD':
      draft.cmd = words
      break
    case 'COPY': {
      const [from = '', to = ''] = words
      const stage = stages.get(flags.from ?? '')
      if (flags.from !== undefined && stage === undefined) throw new Error(`COPY from ${flags.from}, which is no stage`)
      if (stage) cpSync(join(stage.root.path, from), place(to), { recursive: true, verbatimSymlinks: true })
      else copyContext(from, place(to))
      break
    }
    case 'RUN': {
      // How the builder of an image reaches the registry is not the Dockerfile's to say.
      const own = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined)
      const env = { ...Object.fromEntries(own), ...draft.env, HOME: '/tmp', PATH: imagePath }
      const child = spawnIn(draft.root, { argv: ['/bin/sh', '-c', rest], cwd: draft.workdir, env })
      const said = Promise.all([child.stdout, child.stderr].map(stream => (stream ? text(stream) : '')))
      const status = await new Promise(done => child.on('close', done))
      if (status !== 0) throw new Error(`RUN ${rest}: exit code ${status}\n${(await said).join('')}`)
      break
    }
    default:
      throw new Error(`${name} is an instruction that this builder does not know`)
  }
}

/** Node's image has no other. */
export const imagePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The repository as a builder is sent it. A folder that is left out is not looked into. */
function copyContext(from: string, to: string): void {
  const leftOut = ignores(readFileSync(join(repository, '.dockerignore'), 'utf8'))
  const filter = (source: string) => {
    const path = relative(repository, source)
    return path === '' || !leftOut(path)
  }
  cpSync(join(repository, from), to, { recursive: true, verbatimSymlinks: true, filter })
}
