import { Command, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import { PlaceCommand } from './place.ts'
import { untilStopped } from './signals.ts'
import { duration } from './usage.ts'

export class TailCommand extends PlaceCommand {
  static override paths = [['tail']]
  static override usage = Command.Usage({
    description: 'Show the newest events of the journal, and those to come.',
    details: `It reads the journal's file, beside the kec that writes it. What a filter dropped is not in it.

A pattern has * for any text and ? for one character. All fields of a --match must hold; of several --match, one.`,
    examples: [
      ['The newest twenty', 'kec tail'],
      ['Those to come, until Ctrl-C', 'kec tail -f -n 0'],
      ['What went wrong in the last two hours', 'kec tail --since 2h --match type=Warning'],
      ['Back-offs of one namespace, and all that is about nodes', 'kec tail -f --match reason=BackOff,namespace=shop --match kind=Node'],
      ['For programs', "kec tail --since 1h -o json | jq -r '[.time, .reason, .message] | @tsv'"],
    ],
  })

  follow = Option.Boolean('-f,--follow', false, { description: 'Go on with the events to come, until Ctrl-C.' })
  since = Option.String('--since', { description: 'Only what was stored within this time: 90m, 24h, 7d.' })
  count = Option.String('-n,--count', { description: 'The newest so many. Default: 20, or all with --since.' })
  match = Option.Array('--match', { description: 'Only events for which FIELD=PATTERN holds: type, reason, kind, namespace, name.' })

  async execute(): Promise<number> {
    const { follow, form: output } = this
    const since = this.since === undefined ? undefined : duration('--since', this.since)
    const count = this.count === undefined ? undefined : countOf(this.count)
    const { rulesOf } = await import('../operate/match.ts')
    const rules = rulesOf(this.match)
    const { tail } = await import('../operate/tail.ts')
    return untilStopped(stop => tail({ ...this.place, follow, since, count, rules, output }, this.context, stop))
  }
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new KecError('KEC_USAGE', `--count cannot be ${JSON.stringify(text)}.`, 'It is a whole number.')
}
