import { Command, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import type { GenerateFlags } from '../generate/wish.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { untilStopped } from './signals.ts'
import { choice, duration } from './usage.ts'

export class GenerateCommand extends Command {
  static override paths = [['generate']]
  static override usage = Command.Usage({
    description: 'Create events in a cluster, to see what becomes of them: one, many, or what a cluster writes in trouble.',
    details: `Without --name the event is about the namespace itself, so that it works in any cluster. With --name the object must exist; its
kind is given as kubectl takes it: pods, po, Pod, deployments.apps.

Scenarios write what kubelet, scheduler and controllers write in such a case, when and as often as they do; the pods in them need not exist:

${scenarios.map(({ name, summary }) => `- ${name}: ${summary}`).join('\n\n')}`,
    examples: [
      ['A warning about the namespace default', 'kec generate --reason Testing-Reason'],
      ['About a pod', 'kec generate --name web-0 --namespace shop --message "It will not start"'],
      ['About a node', 'kec generate --kind nodes --name worker-1 --type Normal'],
      ['A thousand events, fifty each second', 'kec generate --count 1000 --rate 50'],
      [
        'One event that happens ten times, written as a count and as a series',
        'kec generate --repeat 10\n    $ kec generate --repeat 10 --series',
      ],
      [
        'A minute of pods that crash, and the same ten times as fast',
        'kec generate --scenario crash-loop --for 1m\n    $ kec generate --scenario crash-loop --for 1m --speed 10',
      ],
      ['Nine hundred events in ten seconds', 'kec generate --scenario storm --namespace shop'],
    ],
  })

  kubeconfig = Option.String('--kubeconfig', {
    description: 'The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the cluster that kec runs in.',
  })
  kubeContext = Option.String('--context', { description: 'The context of the kubeconfig. Default: its current one.' })
  namespace = Option.String('--namespace', { description: 'The namespace of the object and of the event. Default: default.' })
  kind = Option.String('--kind', { description: 'The kind of the object that the event is about. Default with --name: pods.' })
  name = Option.String('--name', { description: 'The name of the object. Default: the event is about the namespace.' })
  type = Option.String('--type', { description: 'Normal or Warning. Default: Warning.' })
  reason = Option.String('--reason', { description: 'Why, in one word. Default: Testing-Reason.' })
  message = Option.String('--message', { description: 'What happened. Default: Testing-Message.' })
  action = Option.String('--action', { description: 'What was done about it. Default: Testing.' })
  count = Option.String('--count', { description: 'Create so many events. Default: 1.' })
  rate = Option.String('--rate', { description: 'With --count or --repeat: so many each second. Default: as fast as it goes.' })
  repeat = Option.String('--repeat', { description: 'Let one event happen so many times, as updates of its count. Default: 1.' })
  scenario = Option.String('--scenario', { description: `Let one of these happen: ${scenarios.map(({ name }) => name).join(', ')}.` })
  for = Option.String('--for', {
    description: 'With --scenario: end it after this time, such as 90s or 5m. Default: when its story is through, or at Ctrl-C.',
  })
  speed = Option.String('--speed', { description: 'With --scenario: so many times as fast as in a real cluster. Default: 1.' })
  series = Option.Boolean('--series', false, {
    description: 'With --repeat or --scenario: write repeats in the newer form, as series of events.k8s.io/v1 instead of counts.',
  })
  output = Option.String('-o,--output', { description: 'Print the events as json, yaml or name instead of sentences.' })
  dryRun = Option.Boolean('--dry-run', false, { description: 'Check everything and say what would be created; create nothing.' })

  async execute(): Promise<number> {
    const { kubeconfig, kubeContext: context, namespace, series, scenario, speed } = this
    const output = this.output === undefined ? undefined : choice('--output', this.output, ['json', 'yaml', 'name'])
    if (scenario !== undefined) {
      this.#refuseOtherFlags()
      const name = choice(
        '--scenario',
        scenario,
        scenarios.map(({ name }) => name),
      )
      const ms = this.for === undefined ? undefined : duration('--for', this.for)
      const { generateScenario } = await import('../generate/scenario.ts')
      const flags = { kubeconfig, context, namespace, series, speed, output, ms }
      return untilStopped(stop => generateScenario(name, flags, this.context, stop))
    }
    for (const [flag, value] of [
      ['--for', this.for],
      ['--speed', speed],
    ]) {
      if (value !== undefined) throw new KecError('KEC_USAGE', `${flag} needs --scenario.`, `For example --scenario storm ${flag} ${value}`)
    }
    const { kind, name, action, reason, message, count, rate, repeat, dryRun } = this
    const flags: GenerateFlags = {
      ...{ kubeconfig, context, namespace, kind, name, action, reason, message, count, rate, repeat, series, dryRun, output },
      type: this.type === undefined ? undefined : choice('--type', this.type, ['Normal', 'Warning']),
    }
    const { generate } = await import('../generate/generate.ts')
    return untilStopped(stop => generate(flags, this.context, stop))
  }

  #refuseOtherFlags(): void {
    const { kind, name, type, reason, message, action, count, rate, repeat, dryRun } = this
    const others = { kind, name, type, reason, message, action, count, rate, repeat, 'dry-run': dryRun || undefined }
    const given = Object.entries(others).find(([, value]) => value !== undefined)
    if (given === undefined) return
    const fix = 'A scenario says itself what happens to what; it takes --namespace, --for, --speed, --series and --output.'
    throw new KecError('KEC_USAGE', `--${given[0]} does not go with --scenario.`, fix)
  }
}
