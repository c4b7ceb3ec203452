import { Command, Option } from 'clipanion'

export class CreatePluginCommand extends Command {
  static override paths = [['plugin', 'create']]
  static override usage = Command.Usage({
    description: 'Write a plugin to begin with: a sink that works, and its tests.',
    details: `It makes a package in TypeScript: a sink that posts events to a URL, its options, tests that take it through what kec will do to it, and
a README. npm install && npm test is green in it at once.

NAME is what the plugin is called. pager makes the package kec-plugin-pager in the folder pager; a configuration finds it as "pager" once it is
installed. A name that begins with kec-plugin-, or has a scope (@acme/kec-plugin-pager), is taken as the package's. Nothing is ever overwritten:
the folder must not be there yet, or be empty.`,
    examples: [
      ['A plugin in the folder pager', 'kec plugin create pager'],
      ['One of your company, elsewhere', 'kec plugin create @acme/kec-plugin-pager --dir plugins/pager'],
    ],
  })

  name = Option.String({ name: 'NAME' })
  dir = Option.String('--dir', { description: 'The folder of the package. Default: the last part of NAME, in this folder.' })

  async execute(): Promise<number> {
    const { pluginCreate } = await import('../plugin-create/plugin-create.ts')
    return pluginCreate(this.name, this.dir, this.context)
  }
}
