import { Command, Option } from 'clipanion'
import { choice } from './usage.ts'

export class ListPluginsCommand extends Command {
  static override paths = [['plugin', 'list']]
  static override usage = Command.Usage({
    description: 'List the plugins of a configuration: from where, what they tap.',
    details: `For each entry of plugins: the plugin and its version, its package or path, the hooks it taps, its delivery options with who set
them (the entry, the plugin's own, kec's default), and which events it gets. Mistakes are told as by kec start.

Only a plugin's setup knows what it taps, so it is run, in a process that may write no file and open no connection: nothing changes, neither
here nor in the systems behind the sinks. A setup that cannot do without is cut short there, and may tap more than is shown.`,
    examples: [
      ['Of the configuration of this folder', 'kec plugin list'],
      ['The versions, for programs', `kec plugin list -o json | jq -r '.plugins[] | "\\(.plugin) \\(.version)"'`],
    ],
  })

  config = Option.String('--config', { description: 'The configuration file. Default: that of this folder, as for kec start.' })
  output = Option.String('-o,--output', { description: 'Print json instead of text.' })

  async execute(): Promise<number> {
    const form = this.output === undefined ? undefined : choice('--output', this.output, ['json'])
    const { listPlugins } = await import('../operate/plugin-list.ts')
    return listPlugins(this.config, form, this.context)
  }
}
