import { styleText } from 'node:util'
import { KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import { writeKubeconfig } from './kubeconfig-file.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

export interface SandboxFlags {
  /** 0: any that is free. */
  readonly port: number
  readonly kubeconfig: string | undefined
  /** As it was typed, for people; and in milliseconds. */
  readonly eventTtl: { readonly text: string; readonly ms: number }
}

/** What the API server does by default. */
const compactEvery = 5 * 60_000

/** `kec sandbox`: runs until it is told to stop, and answers the exit code. Throws KEC_PORT and KEC_USAGE. */
export async function runSandbox(flags: SandboxFlags, io: Io, signal: AbortSignal): Promise<number> {
  await using sandbox = await open(flags)
  const file = writeKubeconfig(sandbox.kubeconfig, flags.kubeconfig)
  try {
    io.stdout.write(welcome(sandbox.url, file.path, flags.eventTtl.text, io))
    await ended(signal)
    return 0
  } finally {
    file.remove()
  }
}

async function open({ port, eventTtl }: SandboxFlags): Promise<Sandbox> {
  try {
    // kubectl sends no token over plain HTTP; whoever can connect is on this machine.
    return await startSandbox({ port, anonymous: true, eventTtl: eventTtl.ms, compactEvery })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'EADDRINUSE' ? 'is in use by another program' : code === 'EACCES' ? 'is not allowed to this user' : undefined
    if (why === undefined) throw error
    const fix = 'Choose another --port (from 1024 on); without it kec takes any that is free.'
    throw new KecError('KEC_PORT', `The sandbox cannot listen: 127.0.0.1:${port} ${why}.`, fix, { cause: error })
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** As a shell reads it. */
const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

function welcome(url: string, path: string, ttl: string, { stdout }: Io): string {
  const bold = (text: string): string => styleText('bold', printable(text), { stream: stdout })
  return `A small Kubernetes API server listens at ${url}

In another terminal:

  ${bold(`export KUBECONFIG=${quoted(path)}`)}

  ${bold('kubectl get events -A -w')}               watch what happens
  ${bold('kubectl create -f event.yaml')}           create an event of your own
  ${bold('kec generate --reason Testing-Reason')}   or let kec create one
  ${bold('kec start')}                              let kec collect them

Events are gone ${ttl} after they last changed. Ctrl-C ends the sandbox, and
nothing of it is kept.
`
}
