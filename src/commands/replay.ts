import { Command, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import { PlaceCommand } from './place.ts'
import { duration } from './usage.ts'

export class ReplayCommand extends PlaceCommand {
  static override paths = [['replay']]
  static override usage = Command.Usage({
    description: 'Hand events of the journal over to the sinks once more.',
    details: `The sinks get them beside what is new, marked as a replay and with the same ids; a sink's own match holds for them, too. They are counted
apart, and the metrics plugin does not count them. kec status shows how far a replay is.`,
    examples: [
      ['What was stored in the last two hours, to every sink', 'kec replay --since 2h'],
      ['Back-offs only, to one sink', 'kec replay --since 2h --to elasticsearch --match reason=BackOff'],
    ],
  })

  since = Option.String('--since', { description: 'What was stored within this time: 90m, 24h, 7d.' })
  to = Option.Array('--to', { description: 'To this sink; may be given several times. Default: to all of the configuration.' })
  match = Option.Array('--match', { description: 'Only events for which FIELD=PATTERN holds: type, reason, kind, namespace, name.' })

  async execute(): Promise<number> {
    const { to, form: output } = this
    if (this.since === undefined) throw new KecError('KEC_USAGE', 'Since when? Give --since.', 'For example --since 2h')
    const since = duration('--since', this.since)
    const { rulesOf } = await import('../operate/match.ts')
    const rules = rulesOf(this.match)
    const { replay } = await import('../operate/replay.ts')
    return replay({ ...this.place, since, to, rules, output }, this.context)
  }
}
