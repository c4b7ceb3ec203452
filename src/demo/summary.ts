import { styleText } from 'node:util'
import { howCalled } from '../how-called.ts'
import type { Io } from '../io.ts'
import type { Audit } from './books.ts'

/** What the demo leaves on the screen: what came of it, where it is written, and what to do next. No line is wider than 60 columns. */
export function summary(
  { rows, wrong }: Audit,
  wentWrong: readonly string[],
  seconds: number,
  folder: string,
  { stdout, env }: Io,
): string {
  const bold = (text: string) => styleText('bold', text, { stream: stdout })
  const verdict =
    wrong.length === 0
      ? styleText('green', `${seconds} s. The books balance: nothing lost, nothing invented.`, { stream: stdout })
      : styleText('red', [`${seconds} s, and something is wrong:`, ...wrong.map(what => `  ${what}`)].join('\n'), { stream: stdout })
  const despite = wentWrong.length === 0 ? [] : [['despite', wentWrong.join(' and ')] as const]
  const kec = howCalled(env)
  return `${verdict}

${[...rows, ...despite].map(([name, text]) => `  ${name.padEnd(9)} ${text}`).join('\n')}

${bold('What it wrote')}, in ${folder}
  events.log        the log sink: a line of JSON for each
  journal.db        what kec keeps until every sink has it
  kec.config.json   what kec ran with

${bold('Next')}
  ${kec === 'kec' ? 'kec start' : 'npm start'}
      the same with your own cluster, by your kubeconfig
  ${kec} sandbox
      a cluster to play with, for kubectl and kec
  ${kec} --help
      all commands: status, tail, verify, …
`
}
