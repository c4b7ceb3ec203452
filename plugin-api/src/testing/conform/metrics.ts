import type { Host } from '../host.ts'
import type { Bench } from './bench.ts'
import { messageOf, textOf } from './error-text.ts'
import { ordinary } from './events.ts'

const abbreviated = /_(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_total)?$/
const derived = /_(milliseconds|microseconds|nanoseconds|minutes|hours|days|weeks|kilobytes|megabytes|gigabytes|kibibytes|mebibytes)(_|$)/

/** Its metrics can be scraped, and promtool finds no fault with their names. */
export async function metrics(bench: Bench): Promise<void> {
  await bench.withSystem(system =>
    bench.run(system, async host => {
      host.feed(...ordinary(30))
      await bench.drain(host)
      try {
        const samples = await host.metrics()
        bench.hear(JSON.stringify(samples))
        const wrong = samples.find(({ value }) => !Number.isFinite(value))
        if (wrong) bench.report(`the metric ${wrong.name} has the value ${wrong.value}`, 'give a number, or no sample at all')
      } catch (error) {
        bench.hear(textOf(error))
        bench.report(
          `its metrics cannot be scraped: ${messageOf(error)}`,
          'look at the collect callback: it must yield samples with the labels of its definition',
        )
      }
      for (const definition of host.definitions)
        for (const fault of faultsOf(definition))
          bench.report(
            `promtool would find fault with the metric ${definition.name}: ${fault}`,
            'rename it: `<namespace>_<what>_<unit>`, a counter with _total',
          )
    }),
  )
}

/** What promtool would say of a metric. */
export function faultsOf({ name, type, labelNames = [] }: Host['definitions'][number]): string[] {
  const rules: readonly (readonly [isBroken: boolean, what: string])[] = [
    [type === 'counter' && !name.endsWith('_total'), 'a counter ends in _total'],
    [type === 'gauge' && name.endsWith('_total'), 'only a counter ends in _total'],
    [/_(bucket|count|sum)$/.test(name), 'the endings _bucket, _count and _sum belong to histograms'],
    [/_(counter|gauge)(_|$)/.test(name), 'the type is no part of a name'],
    [name.includes(':'), 'colons belong to recording rules'],
    [[name, ...labelNames].some(text => /[a-z][A-Z]/.test(text)), 'names are written in snake_case'],
    [abbreviated.test(name), 'units are written out, such as seconds and bytes'],
    [derived.test(name), 'only base units: seconds, bytes'],
    [labelNames.some(label => label === 'le' || label === 'quantile'), 'the labels le and quantile belong to histograms and summaries'],
  ]
  return rules.flatMap(([isBroken, what]) => (isBroken ? what : []))
}
