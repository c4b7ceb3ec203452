import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { KecError } from '../errors.ts'
import { importKubeConfig } from './client-node.ts'
import { type Entries, readKubeconfigFiles } from './kubeconfig-file.ts'
import { impersonationHeaders, translateCluster, translateUser } from './translate.ts'

export interface KubeconfigOptions {
  /** A file. Default: the files of $KUBECONFIG, else ~/.kube/config, else the service account of the pod that kec runs in. */
  readonly kubeconfig?: string | undefined
  /** Default: the kubeconfig's current-context. */
  readonly context?: string | undefined
}

/** What the choice depends on beside the options. Tests give their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Stands before /var/run/secrets/kubernetes.io/serviceaccount. */
  readonly podRoot: string
}

/** One context, found and checked. */
export interface Kubeconfig {
  /** Holds this context alone. Reads its token and certificate files and runs its exec plugin when it is asked for credentials. */
  readonly config: KubeConfig
  readonly server: URL
  /** What the context calls the cluster, or 'default' for the cluster that kec runs in. */
  readonly name: string
  /** Undefined for the cluster that kec runs in. */
  readonly context: string | undefined
  /** For people to read. */
  readonly origin: string
  /** From the kubeconfig; it goes before HTTPS_PROXY. */
  readonly proxyUrl: string | undefined
  /** Sent beside what client-node gives. */
  readonly headers: Readonly<Record<string, string | string[]>>
}

export const surroundings = (): Surroundings => ({ env: process.env, home: homedir(), podRoot: '' })

/** Finds the credentials in kubectl's order. Throws KEC_KUBECONFIG. */
export async function loadKubeconfig(options: KubeconfigOptions, around: Surroundings = surroundings()): Promise<Kubeconfig> {
  const files = kubeconfigFiles(options, around)
  return files.length > 0 ? fromFiles(files, options.context) : fromPod(options, around)
}

function kubeconfigFiles({ kubeconfig }: KubeconfigOptions, { env, home }: Surroundings): string[] {
  if (kubeconfig) return [kubeconfig.startsWith('~/') ? join(home, kubeconfig.slice(2)) : resolve(kubeconfig)]
  return candidates(env, home).filter(file => existsSync(file))
}

function candidates(env: Surroundings['env'], home: string): string[] {
  return env.KUBECONFIG ? env.KUBECONFIG.split(delimiter).filter(file => file !== '') : [join(home, '.kube', 'config')]
}

async function fromFiles(files: readonly string[], wanted: string | undefined): Promise<Kubeconfig> {
  const where = files.join(', ')
  const entries = readKubeconfigFiles(files)
  const contextName = chooseContext(entries, wanted, where)
  const context = lookUp(entries.contexts, contextName, 'context', where)
  const cluster = translateCluster(lookUp(entries.clusters, context.cluster, 'cluster', where, contextName))
  const user = context.user ? translateUser(lookUp(entries.users, context.user, 'user', where, contextName), cluster) : {}
  const config = new (await importKubeConfig())()
  config.loadFromString(
    JSON.stringify({
      'current-context': 'kec',
      contexts: [{ name: 'kec', context: { cluster: context.cluster, user: context.user || 'anonymous' } }],
      clusters: [{ name: context.cluster, cluster: { ...cluster, server: serverUrl(cluster.server, context.cluster, where).href } }],
      users: [{ name: context.user || 'anonymous', user }],
    }),
  )
  return {
    config,
    server: serverUrl(cluster.server, context.cluster, where),
    name: context.cluster,
    context: contextName,
    origin: `${where}, context ${contextName}`,
    proxyUrl: cluster['proxy-url'] ?? undefined,
    headers: impersonationHeaders(user),
  }
}

function chooseContext({ currentContext, contexts }: Entries, wanted: string | undefined, where: string): string {
  const chosen = wanted ?? currentContext
  if (chosen) return chosen
  throw new KecError('KEC_KUBECONFIG', `${where} sets no current-context`, `Choose one with --context: ${list(contexts)}`)
}

function lookUp<V>(entries: Map<string, V>, name: string, what: string, where: string, context?: string): V {
  const entry = entries.get(name)
  if (entry) return entry
  const asked = context ? `, which context "${context}" uses` : ''
  throw new KecError('KEC_KUBECONFIG', `${where} has no ${what} "${name}"${asked}`, `There are: ${list(entries)}`)
}

const list = (entries: Map<string, unknown>) => [...entries.keys()].join(', ') || 'none'

function serverUrl(server: string | null | undefined, cluster: string, where: string): URL {
  const url = URL.parse(server ?? '')
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new KecError('KEC_KUBECONFIG', `cluster "${cluster}" in ${where} has no server address`, 'Its server must be https://HOST:PORT')
}

async function fromPod({ context }: KubeconfigOptions, { env, home, podRoot }: Surroundings): Promise<Kubeconfig> {
  const token = `${podRoot}/var/run/secrets/kubernetes.io/serviceaccount/token`
  const inPod = env.KUBERNETES_SERVICE_HOST && existsSync(token)
  if (!inPod || context) {
    const looked = `${env.KUBECONFIG ? '$KUBECONFIG: ' : ''}${candidates(env, home).join(', ')}`
    throw new KecError(
      'KEC_KUBECONFIG',
      `no kubeconfig found (looked for ${looked})${inPod ? `, and the pod's service account has no context "${context}"` : ', and kec does not run in a cluster'}`,
      inPod ? 'Leave --context out.' : 'Give one with --kubeconfig FILE or KUBECONFIG=FILE, or run kec in a pod with a service account.',
    )
  }
  const config = new (await importKubeConfig())()
  config.loadFromCluster(podRoot)
  return {
    config,
    server: new URL(config.getCurrentCluster()?.server ?? ''),
    name: 'default',
    context: undefined,
    origin: 'in-cluster',
    proxyUrl: undefined,
    headers: {},
  }
}
