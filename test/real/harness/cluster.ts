import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type Target } from '../../contract/client.ts'
import { path } from './assets.ts'
import { type Certificate, Credentials, type ServiceAccount } from './credentials.ts'
import { Etcd } from './etcd.ts'
import { freePort, Server, temporaryFolder } from './process.ts'
import { Witness } from './witness.ts'

export interface ClusterOptions {
  /** How long events live, in Go's notation. Default 1h. */
  readonly eventTtl?: string
  /** How long history lasts. Default 5m. */
  readonly compactionInterval?: string
  /** Events get an etcd of their own, which `wipeEvents` can lose. */
  readonly separateEvents?: boolean
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[]
}

/** What a user of a kubeconfig authenticates with. */
export type User = { readonly token: string } | { readonly tokenFile: string } | { readonly exec: object } | Certificate

const adminToken = 'admin-of-the-test'

/** A real kube-apiserver on a real etcd, in a folder that goes with it. */
export class RealCluster implements Target, AsyncDisposable {
  readonly token = adminToken
  readonly folder: string
  readonly url: string
  readonly credentials: Credentials
  readonly etcd: Etcd
  /** Where events are kept: `etcd`, or one of their own. */
  readonly eventsEtcd: Etcd
  /** As admin. */
  readonly client: Client
  readonly #port: number
  readonly #options: ClusterOptions
  readonly #witnesses: Witness[] = []
  #server: Server | undefined
  #files = 0

  private constructor(folder: string, credentials: Credentials, etcd: Etcd, eventsEtcd: Etcd, port: number, options: ClusterOptions) {
    this.folder = folder
    this.credentials = credentials
    this.etcd = etcd
    this.eventsEtcd = eventsEtcd
    this.#port = port
    this.#options = options
    this.url = `https://127.0.0.1:${port}`
    this.client = new Client(this)
    writeFileSync(join(folder, 'tokens.csv'), `${adminToken},admin,u1,"system:masters"\nnobody,nobody,u2,""\n`, { mode: 0o600 })
  }

  get ca(): string {
    return this.credentials.ca
  }

  static async start(options: ClusterOptions = {}): Promise<RealCluster> {
    const folder = temporaryFolder()
    const credentials = new Credentials(join(folder, 'credentials'))
    const etcd = await Etcd.start(join(folder, 'etcd'))
    const eventsEtcd = options.separateEvents ? await Etcd.start(join(folder, 'etcd-events')) : etcd
    const cluster = new RealCluster(folder, credentials, etcd, eventsEtcd, await freePort(), options)
    try {
      await cluster.startServer()
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  /** Starts kube-apiserver on the same address as before, and waits until it is ready. */
  async startServer(): Promise<void> {
    const { credentials, folder } = this
    const { eventTtl = '1h', compactionInterval = '5m', separateEvents = false, flags = [] } = this.#options
    const args = [
      ...['--etcd-servers', this.etcd.url, '--cert-dir', join(folder, 'certs')],
      ...['--tls-cert-file', credentials.serverCertificateFile, '--tls-private-key-file', credentials.serverKeyFile],
      ...['--secure-port', String(this.#port), '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
      ...['--service-account-issuer', credentials.serviceAccountIssuer],
      ...['--service-account-key-file', credentials.serviceAccountKeyFile],
      ...['--service-account-signing-key-file', credentials.serviceAccountKeyFile],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--token-auth-file', join(folder, 'tokens.csv')],
      ...['--client-ca-file', credentials.caFile, '--authorization-mode', 'RBAC', '--disable-admission-plugins', 'ServiceAccount'],
      ...['--event-ttl', eventTtl, '--etcd-compaction-interval', compactionInterval],
      // So that a witness can read what etcd holds.
      ...['--storage-media-type', 'application/json'],
      ...(separateEvents ? ['--etcd-servers-overrides', `/events#${this.eventsEtcd.url}`] : []),
      ...flags,
    ]
    this.#server = new Server(path('kube-apiserver'), args, 'kube-apiserver', join(folder, 'kube-apiserver.log'))
    await this.#server.ready(async () => (await this.client.get('/readyz')).status === 200)
  }

  /** SIGKILL is kill -9; SIGTERM lets open watches live on for up to a minute. */
  async stopServer(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.#server?.end(signal)
  }

  async restartServer(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.stopServer(signal)
    await this.startServer()
  }

  /** Forgets the events' history before now. */
  async compact(): Promise<bigint> {
    return this.eventsEtcd.compact()
  }

  /** Loses the events' etcd under the running API server. */
  async wipeEvents(): Promise<void> {
    if (this.eventsEtcd === this.etcd) throw new Error('events have no etcd of their own: separateEvents')
    await this.eventsEtcd.wipe()
  }

  /** Watches the events in etcd from now on; ends with the cluster. */
  async witness(): Promise<Witness> {
    const witness = await Witness.start(this.eventsEtcd.url)
    this.#witnesses.push(witness)
    return witness
  }

  /** Makes an object if it is not there yet. */
  async ensure(path: string, object: object): Promise<{ metadata: { uid: string; name: string } }> {
    const { status, body } = await this.client.post(path, object)
    if (status === 201) return body
    if (status !== 409) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`)
    const { name } = (object as { metadata: { name: string } }).metadata // every object here has a name
    return (await this.client.get(`${path}/${name}`)).body
  }

  async namespace(name: string): Promise<void> {
    await this.ensure('/api/v1/namespaces', { metadata: { name } })
  }

  /** A service account with these rules of a ClusterRole, bound everywhere. */
  async serviceAccount(name: string, rules: readonly object[], namespace = 'default'): Promise<ServiceAccount> {
    await this.namespace(namespace)
    const { metadata } = await this.ensure(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } })
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    await this.ensure(`${rbac}/clusterroles`, { metadata: { name }, rules })
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }
    await this.ensure(`${rbac}/clusterrolebindings`, {
      metadata: { name },
      roleRef,
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })
    return { namespace, name, uid: metadata.uid }
  }

  /** Writes a kubeconfig for this user, admin if none is given, and answers its path. */
  kubeconfig(
    user: User = { token: adminToken },
    cluster: { readonly server?: string; readonly ca?: string; readonly tlsServerName?: string } = {},
  ): string {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const credentials =
      'certificate' in user ? { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) } : user
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'real',
          cluster: {
            server: cluster.server ?? this.url,
            'certificate-authority-data': base64(cluster.ca ?? this.ca),
            ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
          },
        },
      ],
      users: [{ name: 'user', user: credentials }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'user' } }],
      'current-context': 'real',
    }
    const file = join(this.folder, `kubeconfig-${++this.#files}.yaml`)
    writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
    return file
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    for (const witness of this.#witnesses) witness.stop()
    await this.client.close()
    await this.stopServer()
    await Promise.all([...new Set([this.etcd, this.eventsEtcd])].map(etcd => etcd.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
