import { apiVersionOf, type Kind } from './kind.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** What the server says of itself at /api, /apis, /version …; undefined for other paths. */
export function discover(path: string, kinds: readonly Kind[]): unknown {
  const groups = Map.groupBy(
    kinds.filter(({ group }) => group !== ''),
    ({ group }) => group,
  )
  const [root, name = '', version = '', ...beyond] = path.split('/').filter(Boolean)
  if (beyond.length > 0) return undefined
  if (root === 'version' && !name) return { major: '1', minor: '36', gitVersion: 'v1.36.0-kec-sandbox', platform: process.platform }
  if (root === 'api' && !name) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
  if (root === 'api' && name === 'v1' && !version)
    return resources(
      'v1',
      kinds.filter(({ group }) => group === ''),
    )
  if (root !== 'apis') return undefined
  if (!name) return { kind: 'APIGroupList', apiVersion: 'v1', groups: [...groups].map(([group, members]) => groupEntry(group, members)) }
  const members = groups.get(name)
  if (!members) return undefined
  if (!version) return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(name, members) }
  const ofVersion = members.filter(kind => kind.version === version)
  return ofVersion.length > 0 ? { apiVersion: 'v1', ...resources(`${name}/${version}`, ofVersion) } : undefined
}

function groupEntry(name: string, kinds: readonly Kind[]) {
  const versions = [...new Set(kinds.map(({ version }) => version))].map(version => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version,
  }))
  return { name, versions, preferredVersion: versions[0] }
}

function resources(groupVersion: string, kinds: readonly Kind[]) {
  return {
    kind: 'APIResourceList',
    groupVersion,
    resources: kinds.map(({ resource, singular, namespaced, kind, shortNames, categories }) => ({
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs: resource === 'namespaces' ? verbs.filter(verb => verb !== 'deletecollection') : verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    })),
  }
}
