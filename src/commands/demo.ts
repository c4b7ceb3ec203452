import { Command, Option } from 'clipanion'
import { aDuration } from '../duration.ts'
import { untilStopped } from './signals.ts'
import { duration } from './usage.ts'

export class DemoCommand extends Command {
  static override paths = [['demo']]
  static override usage = Command.Usage({
    description: 'See what kec does, without a cluster: a small one is part of it, and things go wrong in it.',
    details: `It starts a small API server in this process, and kec with three sinks as a process of its own, as \`kec start\` runs it. Pods crash,
images are missing, a sink is down for a while, kec is killed. At the end it counts what was written and what came out: exit code 0 if the books
balance. All of it is on 127.0.0.1, and in a temporary folder that stays.`,
    examples: [
      ['Until Ctrl-C', 'kec demo'],
      ['For twenty seconds', 'kec demo --for 20s'],
      ['Line by line', 'kec demo --for 20s | cat'],
    ],
  })

  for = Option.String('--for', { description: `End so long after kec has started: ${aDuration}. Default: Ctrl-C ends it.` })

  async execute(): Promise<number> {
    const limit = this.for === undefined ? undefined : duration('--for', this.for)
    const { demo } = await import('../demo/demo.ts')
    return untilStopped(stop => demo(this.context, limit, stop))
  }
}
