import { Command } from 'clipanion'
import { PlaceCommand } from './place.ts'
import { untilStopped } from './signals.ts'

export class VerifyCommand extends PlaceCommand {
  static override paths = [['verify']]
  static override usage = Command.Usage({
    description: 'Compare what the API server holds with what kec has of it.',
    details: `It lists the events as kec start does, and looks for each version in the journal. What is not there was filtered, skipped as history,
or let go by the journal since; it says how many of each. It waits for what is on its way to the kec that runs, for 75 seconds at most. Exit code 1
if anything is missing.`,
    examples: [
      ['Of the configuration of this folder', 'kec verify'],
      ['What is missing, for programs', "kec verify -o json | jq '.streams[].missing'"],
    ],
  })

  async execute(): Promise<number> {
    const { form: output } = this
    const { verify } = await import('../operate/verify.ts')
    return untilStopped(stop => verify({ ...this.place, output }, this.context, stop))
  }
}
