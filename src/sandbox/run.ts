import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { styleText } from 'node:util'
import { connectCluster } from '../cluster/connect.ts'
import { KecError } from '../errors.ts'
import { howCalled } from '../how-called.ts'
import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { writeKubeconfig } from './kubeconfig-file.ts'
import { playInSandbox } from './play.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

export interface SandboxFlags {
  /** 0: any that is free. */
  readonly port: number
  readonly kubeconfig: string | undefined
  /** As it was typed, for people; and in milliseconds. */
  readonly eventTtl: { readonly text: string; readonly ms: number }
  /** What happens in it; none: only what its users do. */
  readonly scenarios: readonly Scenario[]
}

/** What the API server does by default. */
const compactEvery = 5 * 60_000

/** `kec sandbox`: runs until it is told to stop, and answers the exit code. Throws KEC_PORT and KEC_USAGE. */
export async function runSandbox(flags: SandboxFlags, io: Io, signal: AbortSignal): Promise<number> {
  await using sandbox = await open(flags)
  const file = writeKubeconfig(sandbox.kubeconfig, flags.kubeconfig)
  try {
    io.stdout.write(welcome(sandbox.url, file.path, flags, io))
    await Promise.all([aborted(signal), play(sandbox, file.path, flags.scenarios, signal)])
    return 0
  } finally {
    file.remove()
  }
}

async function play(sandbox: Sandbox, kubeconfig: string, scenarios: readonly Scenario[], signal: AbortSignal): Promise<void> {
  if (scenarios.length === 0) return
  const cluster = await connectCluster({ kubeconfig })
  try {
    await playInSandbox({ sandbox, cluster, scenarios, signal })
  } finally {
    await cluster.close()
  }
}

async function open({ port, eventTtl }: SandboxFlags): Promise<Sandbox> {
  try {
    // A name of its own: kec keeps a journal for each cluster, and refuses that of another one.
    // kubectl sends no token over plain HTTP; whoever can connect is on this machine.
    return await startSandbox({
      port,
      name: `sandbox-${randomBytes(3).toString('hex')}`,
      anonymous: true,
      eventTtl: eventTtl.ms,
      compactEvery,
      keepRequests: 0,
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'EADDRINUSE' ? 'is in use by another program' : code === 'EACCES' ? 'is not allowed to this user' : undefined
    if (why === undefined) throw error
    const fix = 'Choose another --port (from 1024 on); without it kec takes any that is free.'
    throw new KecError('KEC_PORT', `The sandbox cannot listen: 127.0.0.1:${port} ${why}.`, fix, { cause: error })
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

/** As a shell reads it. */
const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

function welcome(url: string, path: string, { eventTtl, scenarios }: SandboxFlags, { stdout, env }: Io): string {
  const bold = (text: string): string => styleText('bold', printable(text), { stream: stdout })
  const kec = howCalled(env)
  const tries = [
    ['kubectl get events -A -w', 'watch what happens'],
    [`kubectl create -f ${kec === 'kec' ? 'event.yaml' : 'examples/event.yaml'}`, 'make one yourself'],
    [`${kec} generate --reason Testing-Reason`, 'let kec make one'],
    [`${kec} start`, 'let kec collect'],
  ] as const
  const width = Math.max(...tries.map(([command]) => command.length)) + 3
  const rows = tries.map(([command, why]) => `  ${bold(command)}${' '.repeat(width - command.length)}${why}`)
  const names = scenarios.map(({ name }) => name).join(', ')
  const plays = names && `In the namespace default this happens, again and again:\n\n  ${names}\n\n`
  return `A small Kubernetes API server listens at ${url}

${plays}In another terminal:

  ${bold(`export KUBECONFIG=${quoted(path)}`)}

${rows.join('\n')}

Events expire ${printable(eventTtl.text)} after they were last written. Ctrl-C ends it.
`
}
