import type { Bench } from './bench.ts'
import { firstLine } from './bench.ts'
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
        const text = error instanceof Error ? error.message : String(error)
        bench.hear(text)
        bench.report(
          `its metrics cannot be scraped: ${firstLine(text)}`,
          'look at the collect callback: it must yield samples with the labels of its definition',
        )
      }
      for (const { name, type, labelNames = [] } of host.definitions)
        for (const [isWrong, what] of [
          [type === 'counter' && !name.endsWith('_total'), 'a counter ends in _total'],
          [type === 'gauge' && name.endsWith('_total'), 'only a counter ends in _total'],
          [/_(bucket|count|sum)$/.test(name), 'the endings _bucket, _count and _sum belong to histograms'],
          [/_(counter|gauge)(_|$)/.test(name), 'the type is no part of a name'],
          [name.includes(':'), 'colons belong to recording rules'],
          [/[a-z][A-Z]/.test(name) || labelNames.some(label => /[a-z][A-Z]/.test(label)), 'names are written in snake_case'],
          [abbreviated.test(name), 'units are written out, such as seconds and bytes'],
          [derived.test(name), 'only base units: seconds, bytes'],
          [
            labelNames.some(label => label === 'le' || label === 'quantile'),
            'the labels le and quantile belong to histograms and summaries',
          ],
        ] as const)
          if (isWrong)
            bench.report(
              `promtool would find fault with the metric ${name}: ${what}`,
              'rename it: `<namespace>_<what>_<unit>`, a counter with _total',
            )
    }),
  )
}
