import { Command } from 'clipanion'
import { PlaceCommand } from './place.ts'

export class StatusCommand extends PlaceCommand {
  static override paths = [['status']]
  static override usage = Command.Usage({
    description: 'Show what kec does: source, sinks, books and gaps.',
    details: `It asks the kec that runs with this configuration, by the socket beside its journal. If none runs, it shows what the journal says.

The books: whatever was received was journaled, known already, filtered, or skipped as history; and of what was journaled since a sink joined,
each event was delivered, skipped by its match, is dead, discarded, expired or pending.`,
    examples: [
      ['Of the configuration of this folder', 'kec status'],
      ['How many dead letters there are', "kec status -o json | jq '[.sinks[].dead] | add'"],
    ],
  })

  async execute(): Promise<number> {
    const { form } = this
    const { status } = await import('../operate/status.ts')
    return status(this.place, form, this.context)
  }
}
