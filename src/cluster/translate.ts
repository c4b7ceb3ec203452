import type { ClusterEntry, UserEntry } from './kubeconfig-file.ts'

/** A kubeconfig's cluster so that client-node does with it what kubectl does. */
export function translateCluster(cluster: ClusterEntry): ClusterEntry {
  return {
    ...cluster,
    // kubectl prefers what stands in the kubeconfig itself; client-node prefers the file.
    ...(cluster['certificate-authority-data'] && { 'certificate-authority': undefined }),
    // client-node refuses plain HTTP without it. There is no TLS to verify then.
    ...(cluster.server?.startsWith('http:') && { 'insecure-skip-tls-verify': true }),
  }
}

/** A kubeconfig's user so that client-node does with it what kubectl does. */
export function translateUser(user: UserEntry, cluster: ClusterEntry): UserEntry {
  return {
    ...user,
    ...(user['client-certificate-data'] && { 'client-certificate': undefined }),
    ...(user['client-key-data'] && { 'client-key': undefined }),
    // client-node knows only its own name for a token file, and prefers a token to it.
    ...(user.tokenFile && { token: undefined, 'auth-provider': { name: 'tokenFile', config: { tokenFile: user.tokenFile } } }),
    ...(user.exec && {
      exec: { ...user.exec, env: [...(user.exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: execInfo(user.exec, cluster) }] },
    }),
  }
}

/** What every exec plugin is told in its environment, and client-node leaves out. */
function execInfo(exec: NonNullable<UserEntry['exec']>, cluster: ClusterEntry): string {
  const { server, 'certificate-authority-data': caData, 'insecure-skip-tls-verify': skip, 'tls-server-name': serverName } = cluster
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion,
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo && {
        cluster: {
          server,
          'certificate-authority-data': caData ?? undefined,
          'insecure-skip-tls-verify': skip ?? undefined,
          'tls-server-name': serverName ?? undefined,
        },
      }),
    },
  })
}

/** Impersonation beyond `as`, which is all that client-node sends. */
export function impersonationHeaders(user: UserEntry): Record<string, string | string[]> {
  return {
    ...(user['as-uid'] && { 'impersonate-uid': user['as-uid'] }),
    ...(user['as-groups']?.length && { 'impersonate-group': user['as-groups'] }),
  }
}
