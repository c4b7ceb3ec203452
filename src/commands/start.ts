import { Command, Option } from 'clipanion'
import type { SettingFlags } from '../settings.ts'
import { choice } from './usage.ts'

export class StartCommand extends Command {
  static override paths = [['start']]
  static override usage = Command.Usage({
    description: 'Collect the events of a cluster and hand them to the sinks, until it is stopped.',
    details: `The configuration is looked for in the working directory: kec.config.ts, .mts, .js, .mjs, .json, .yaml or .yml, or "kec" in
package.json. A flag wins over what stands there. Ctrl-C or SIGTERM stops kec once all is delivered, for 10 seconds at most; a second one stops it at once.`,
    examples: [
      ['With the configuration of this folder', 'kec start'],
      ['With another one', 'kec start --config /etc/kec/kec.config.yaml'],
      [
        'Only what went wrong in two namespaces of another cluster',
        'kec start --context dev --namespace web --namespace jobs --level Warning',
      ],
    ],
  })

  config = Option.String('--config', { description: 'The configuration file.' })
  kubeconfig = Option.String('--kubeconfig', {
    description: 'The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the cluster that kec runs in.',
  })
  kubeContext = Option.String('--context', { description: 'The context of the kubeconfig. Default: its current one.' })
  namespaces = Option.Array('--namespace', { description: 'Only events of this namespace; may be given several times. Default: all.' })
  level = Option.String('--level', { description: 'Warning: all events but those of type Normal. Normal: all events.' })
  logLevel = Option.String('--log-level', {
    description: 'How much kec says of itself on stderr: debug, info, warn or error. Default: info.',
  })

  async execute(): Promise<number> {
    const flags: SettingFlags = {
      config: this.config,
      kubeconfig: this.kubeconfig,
      context: this.kubeContext,
      namespaces: this.namespaces,
      level: this.level === undefined ? undefined : choice('--level', this.level, ['Normal', 'Warning']),
      logLevel: this.logLevel === undefined ? undefined : choice('--log-level', this.logLevel, ['debug', 'info', 'warn', 'error']),
    }
    const { start } = await import('../start.ts')
    return start(flags, this.context)
  }
}
