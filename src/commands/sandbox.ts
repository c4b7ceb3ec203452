import { Command, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import type { SandboxFlags } from '../sandbox/run.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { untilStopped } from './signals.ts'
import { choice, duration } from './usage.ts'

const names = scenarios.map(({ name }) => name)

export class SandboxCommand extends Command {
  static override paths = [['sandbox']]
  static override usage = Command.Usage({
    description: 'Run a small Kubernetes API server on this machine, to try things without a cluster.',
    details: `It serves events, pods, deployments, replica sets, nodes and namespaces to kubectl, kec and other clients as a real API server does, on
127.0.0.1 only and to everybody on this machine. Nothing runs in it: a pod is only a record. Ctrl-C or SIGTERM ends it, and nothing of it is kept.`,
    examples: [
      ['Start it; it says what to type next', 'kec sandbox'],
      ['At an address that stays the same', 'kec sandbox --port 8001 --kubeconfig sandbox.kubeconfig'],
      ['With pods that crash and images that are missing', 'kec sandbox --scenario crash-loop --scenario image-pull'],
      ['Events that are gone after a minute', 'kec sandbox --event-ttl 1m'],
    ],
  })

  port = Option.String('--port', '0', { description: 'The port of 127.0.0.1 to listen on. Default: any that is free.' })
  kubeconfig = Option.String('--kubeconfig', {
    description: 'Write the kubeconfig to this file; a file of others is never touched. Default: a temporary file, removed at the end.',
  })
  eventTtl = Option.String('--event-ttl', '1h', {
    description: 'How long an event lives after it was last written: 90s, 30m, 24h. Default: 1h, as at a real API server.',
  })

  scenario = Option.Array('--scenario', {
    description: `Let one of these happen in it; may be given several times: ${names.join(', ')}. Default: nothing happens by itself.`,
  })

  async execute(): Promise<number> {
    const flags: SandboxFlags = {
      port: portOf(this.port),
      kubeconfig: this.kubeconfig,
      scenarios: this.#scenarios(),
      eventTtl: { text: this.eventTtl, ms: duration('--event-ttl', this.eventTtl) },
    }
    const { runSandbox } = await import('../sandbox/run.ts')
    return untilStopped(stop => runSandbox(flags, this.context, stop))
  }

  #scenarios(): readonly Scenario[] {
    const chosen = new Set((this.scenario ?? []).map(name => choice('--scenario', name, names)))
    return scenarios.filter(({ name }) => chosen.has(name))
  }
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new KecError(
    'KEC_USAGE',
    `--port cannot be ${JSON.stringify(text)}.`,
    'It is a whole number from 1 to 65535, or 0 for any that is free.',
  )
}
