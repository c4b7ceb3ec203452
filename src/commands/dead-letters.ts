import { Command, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import { PlaceCommand } from './place.ts'

abstract class LettersCommand extends PlaceCommand {
  sink = Option.String('--sink', { description: 'Only those of this sink.' })
}

abstract class ChosenLettersCommand extends LettersCommand {
  all = Option.Boolean('--all', false, { description: 'All of them, or with --sink all of that sink.' })
  ids = Option.Rest()

  protected get chosen(): readonly number[] | 'all' {
    const list = 'kec dead-letters list shows them.'
    if (this.all && this.ids.length > 0) throw new KecError('KEC_USAGE', 'IDs and --all exclude each other.', '')
    if (!this.all && this.ids.length === 0) throw new KecError('KEC_USAGE', 'Which ones? Give their IDs, or --all.', list)
    return this.all ? 'all' : this.ids.map(idOf)
  }
}

function idOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new KecError('KEC_USAGE', `${JSON.stringify(text)} is no ID of a dead letter.`, 'It is a number; kec dead-letters list shows them.')
}

export class ListLettersCommand extends LettersCommand {
  static override paths = [['dead-letters', 'list']]
  static override usage = Command.Usage({
    description: 'List the events that a sink did not take, and why.',
    examples: [
      ['Of all sinks', 'kec dead-letters list'],
      ['Of one, for programs', 'kec dead-letters list --sink elasticsearch -o json | jq .reason'],
    ],
  })

  async execute(): Promise<number> {
    const { sink, form: output } = this
    const { listLetters } = await import('../operate/dead-letters.ts')
    return listLetters({ ...this.place, sink, output }, this.context)
  }
}

export class ShowLettersCommand extends ChosenLettersCommand {
  static override paths = [['dead-letters', 'show']]
  static override usage = Command.Usage({
    description: 'Show dead letters in full: what the sink said, and the event.',
    examples: [
      ['Two of them', 'kec dead-letters show 120 121'],
      ['The object as the API server sent it', 'kec dead-letters show 120 -o json | jq .raw'],
    ],
  })

  async execute(): Promise<number> {
    const { sink, form: output, chosen: ids } = this
    const { showLetters } = await import('../operate/dead-letters.ts')
    return showLetters({ ...this.place, sink, output, ids }, this.context)
  }
}

export class RedriveLettersCommand extends ChosenLettersCommand {
  static override paths = [['dead-letters', 'redrive']]
  static override usage = Command.Usage({
    description: 'Hand dead letters over to their sink again.',
    details: 'The sink gets them before anything newer. What it does not take again is a dead letter again.',
    examples: [
      ['Two of them', 'kec dead-letters redrive 120 121'],
      ['All of one sink, once it is mended', 'kec dead-letters redrive --sink elasticsearch --all'],
    ],
  })

  async execute(): Promise<number> {
    const { sink, form: output, chosen: ids } = this
    const { changeLetters } = await import('../operate/dead-letters.ts')
    return changeLetters('redrive', { ...this.place, sink, output, ids }, this.context)
  }
}

export class DiscardLettersCommand extends ChosenLettersCommand {
  static override paths = [['dead-letters', 'discard']]
  static override usage = Command.Usage({
    description: 'Give dead letters up: they are deleted, and counted as discarded.',
    examples: [
      ['One of them', 'kec dead-letters discard 120'],
      ['All of one sink', 'kec dead-letters discard --sink elasticsearch --all'],
    ],
  })

  async execute(): Promise<number> {
    const { sink, form: output, chosen: ids } = this
    const { changeLetters } = await import('../operate/dead-letters.ts')
    return changeLetters('discard', { ...this.place, sink, output, ids }, this.context)
  }
}
