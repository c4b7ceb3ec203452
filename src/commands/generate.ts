import { Command, Option } from 'clipanion'
import type { GenerateFlags } from '../generate/wish.ts'
import { choice } from './usage.ts'

export class GenerateCommand extends Command {
  static override paths = [['generate']]
  static override usage = Command.Usage({
    description: 'Create an event in a cluster, to see what becomes of it.',
    details: `Without --name the event is about the namespace itself, so that it works in any cluster. With --name the object must exist; its
kind is given as kubectl takes it: pods, po, Pod, deployments.apps.`,
    examples: [
      ['A warning about the namespace default', 'kec generate --reason Testing-Reason'],
      ['About a pod', 'kec generate --name web-0 --namespace shop --reason BackOff --message "Back-off restarting failed container"'],
      ['About a node', 'kec generate --kind nodes --name worker-1 --type Normal'],
      ['A thousand events, fifty each second', 'kec generate --count 1000 --rate 50'],
      ['One event that happens ten times', 'kec generate --repeat 10'],
    ],
  })

  kubeconfig = Option.String('--kubeconfig', {
    description: 'The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the cluster that kec runs in.',
  })
  kubeContext = Option.String('--context', { description: 'The context of the kubeconfig. Default: its current one.' })
  kind = Option.String('--kind', { description: 'The kind of the object that the event is about. Default with --name: pods.' })
  name = Option.String('--name', { description: 'The name of the object. Default: the event is about the namespace.' })
  namespace = Option.String('--namespace', { description: 'The namespace of the object and of the event. Default: default.' })
  type = Option.String('--type', 'Warning', { description: 'Normal or Warning. Default: Warning.' })
  reason = Option.String('--reason', 'Testing-Reason', { description: 'Why, in one word. Default: Testing-Reason.' })
  message = Option.String('--message', 'Testing-Message', { description: 'What happened. Default: Testing-Message.' })
  action = Option.String('--action', 'Testing', { description: 'What was done about it. Default: Testing.' })
  output = Option.String('-o,--output', { description: 'Print the event as json, yaml or name instead of a sentence.' })
  count = Option.String('--count', { description: 'Create so many events. Default: 1.' })
  rate = Option.String('--rate', { description: 'With --count or --repeat: so many each second. Default: as fast as it goes.' })
  repeat = Option.String('--repeat', { description: 'Let one event happen so many times, as updates of its count. Default: 1.' })
  dryRun = Option.Boolean('--dry-run', false, { description: 'Check everything and say what would be created; create nothing.' })

  async execute(): Promise<number> {
    const { kubeconfig, kubeContext: context, kind, name, namespace, action, reason, message, count, rate, repeat, dryRun } = this
    const flags: GenerateFlags = {
      ...{ kubeconfig, context, kind, name, namespace, action, reason, message, count, rate, repeat, dryRun },
      type: choice('--type', this.type, ['Normal', 'Warning']),
      output: this.output === undefined ? undefined : choice('--output', this.output, ['json', 'yaml', 'name']),
    }
    const { generate } = await import('../generate/generate.ts')
    const stop = new AbortController()
    const onSignal = () => stop.abort()
    // Once each: a second Ctrl-C ends the process at once.
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
    try {
      return await generate(flags, this.context, stop.signal)
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    }
  }
}
