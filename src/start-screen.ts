import type { Cluster } from './cluster/cluster.ts'
import type { Settings } from './config/schema.ts'
import type { AdmittedEntry } from './host/admit.ts'
import type { Io } from './io.ts'
import type { KecLog } from './log.ts'
import { printable } from './printable.ts'

export interface StartFacts {
  readonly settings: Settings
  readonly cluster: Cluster
  readonly name: string
  readonly entries: readonly AdmittedEntry[]
  readonly journalFile: string
  readonly url: string
  readonly notices: readonly string[]
}

/** Says what kec does from now on: on one screen for people, in one line for programs. */
export function showStart({ settings, cluster, name, entries, journalFile, url, notices }: StartFacts, io: Io, log: KecLog): void {
  const { namespaces, fieldSelector, labelSelector, startFrom } = settings.source
  const { level, match, drop } = settings.filter
  const watches = [
    namespaces?.include ? `namespaces ${namespaces.include.join(', ')}` : 'all namespaces',
    ...(namespaces?.exclude ? [`without ${namespaces.exclude.join(', ')}`] : []),
    ...(level === 'Warning' ? ['all but Normal'] : []),
    ...(match || drop ? ['filtered by rules'] : []),
    ...[fieldSelector, labelSelector].filter(selector => selector !== undefined),
    ...(startFrom === 'now' ? ['from now on'] : []),
  ].join('; ')
  const sinks = entries
    .map(entry => (entry.name === entry.definition.name ? entry.name : `${entry.name} (${entry.definition.name})`))
    .join(', ')
  if (io.stderr.isTTY !== true) {
    log.info('kec starts', {
      cluster: name,
      server: cluster.server,
      credentials: cluster.origin,
      watches,
      sinks,
      journal: journalFile,
      metrics: `${url}/metrics`,
    })
  } else {
    const rows = [
      ['cluster', `${name} at ${cluster.server}`],
      ['', cluster.origin],
      ['watches', watches],
      ['sinks', sinks || 'none'],
      ['journal', journalFile],
      ['metrics', `${url}/metrics`],
      ['', `${url}/status  /healthz  /readyz`],
    ]
    io.stderr.write(`${rows.map(([label = '', text = '']) => `  ${label.padEnd(9)}${printable(text)}`).join('\n')}\n\n`)
  }
  for (const notice of notices) log.warn(notice)
}
