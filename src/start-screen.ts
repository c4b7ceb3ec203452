import type { Cluster } from './cluster/cluster.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Settings } from './config/schema.ts'
import type { Io } from './io.ts'
import type { KecLog } from './log.ts'
import { printable } from './printable.ts'

export interface StartFacts {
  readonly loaded: Pick<LoadedConfig, 'file' | 'entries' | 'notices'>
  /** The configuration with the flags over it. */
  readonly settings: Settings
  readonly cluster: Pick<Cluster, 'server' | 'origin'>
  readonly name: string
  readonly journalFile: string
  readonly url: string
}

/** Says what kec does from now on: on one screen for people, in one line for programs. */
export function showStart({ loaded, settings, cluster, name, journalFile, url }: StartFacts, io: Io, log: KecLog): void {
  const config = loaded.file ?? 'none: the defaults'
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
  const sinks = loaded.entries
    .map(entry => (entry.name === entry.definition.name ? entry.name : `${entry.name} (${entry.definition.name})`))
    .join(', ')
  if (io.stderr.isTTY !== true) {
    log.info('kec starts', {
      config,
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
      ['config', config],
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
  for (const notice of loaded.notices) log.warn(notice)
}
