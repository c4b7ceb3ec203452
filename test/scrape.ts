export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The samples of a metric in the text of a scrape. */
export function samplesOf(text: string, name: string): Sample[] {
  return text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map(line => {
      const labels = [...line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', value = '']) => [key, value])
      return { labels: Object.fromEntries(labels), value: Number(line.slice(line.lastIndexOf(' ') + 1)) }
    })
}

/** Promise 4 in the text of one scrape: what does not add up, in words. Nothing if the books balance. */
export function imbalances(text: string): string[] {
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samplesOf(text, name)
      .filter(sample => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((total, { value }) => total + value, 0)
  const wrong: string[] = []
  const equal = (what: string, left: number, right: number) => {
    if (left !== right) wrong.push(`${what}: ${left} is not ${right}`)
  }
  const rest = sum('kec_source_duplicates_total') + sum('kec_filtered_events_total') + sum('kec_history_skipped_total')
  equal('received', sum('kec_source_events_total'), rest + sum('kec_journal_events_total'))
  for (const { labels, value } of samplesOf(text, 'kec_sink_journaled_events_total')) {
    const own = labels.sink === undefined ? {} : { sink: labels.sink }
    const lying = sum('kec_sink_dead_letters', own)
    equal(`journaled for ${labels.sink}`, value, sum('kec_sink_events_total', own) + lying + sum('kec_sink_pending_events', own))
  }
  return wrong
}
