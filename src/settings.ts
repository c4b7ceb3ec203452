import { homedir } from 'node:os'
import { join } from 'node:path'
import { type LoadedConfig, type LoadOptions, loadConfig } from './config/load.ts'
import type { Settings } from './config/schema.ts'
import type { Io } from './io.ts'
import { maskReports } from './report.ts'

/** The flags that go before the configuration. What is undefined is left to it. */
export interface SettingFlags {
  readonly config: string | undefined
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespaces?: readonly string[] | undefined
  readonly level?: 'Normal' | 'Warning' | undefined
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | undefined
}

/** The configuration of the working directory with the flags over it. From now on no error that is shown holds its secrets. */
export async function loadSettings(
  flags: SettingFlags,
  env: Io['env'],
  plugins: Pick<LoadOptions, 'strictPlugins'> = {},
): Promise<{ readonly loaded: LoadedConfig; readonly settings: Settings }> {
  const loaded = await loadConfig({ cwd: process.cwd(), file: flags.config, env, ...plugins })
  maskReports(loaded.secrets.mask)
  return { loaded, settings: withFlags(loaded.config, flags) }
}

function withFlags(settings: Settings, { kubeconfig, context, namespaces, level, logLevel }: SettingFlags): Settings {
  return {
    ...settings,
    source: {
      ...settings.source,
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
      ...(namespaces !== undefined && { namespaces: { ...settings.source.namespaces, include: [...namespaces] } }),
    },
    filter: { ...settings.filter, ...(level !== undefined && { level }) },
    log: { ...settings.log, ...(logLevel !== undefined && { level: logLevel }) },
  }
}

/** The journal's file. A cluster's name may have a slash: EKS calls them by ARNs. */
export function journalFile({ journal }: Settings, cluster: string, env: Io['env']): string {
  const folder = journal.dir ?? join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'kec', encodeURIComponent(cluster))
  return join(folder, 'journal.db')
}
