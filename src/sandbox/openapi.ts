import { apiVersionOf, type Kind } from './kind.ts'

/**
 * What kubectl reads before it creates: whether the server looks at the fields of a kind itself (fieldValidation), so that kubectl need not.
 * No schemas: `kubectl explain` has nothing to explain. Undefined for other paths.
 */
export function openapi(path: string, kinds: readonly Kind[]): unknown {
  const root = '/openapi/v3'
  const groups = Map.groupBy(kinds, kind => `${kind.group ? 'apis' : 'api'}/${apiVersionOf(kind)}`)
  if (path === root) {
    return { paths: Object.fromEntries([...groups.keys()].map(group => [group, { serverRelativeURL: `${root}/${group}` }])) }
  }
  const group = path.slice(root.length + 1)
  const members = path.startsWith(`${root}/`) ? groups.get(group) : undefined
  if (!members) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'kec sandbox', version: 'v1' },
    paths: Object.fromEntries(members.map(kind => [pathOf(group, kind), { patch: patchOf(kind) }])),
    components: { schemas: {} },
  }
}

const pathOf = (group: string, { namespaced, resource }: Kind): string =>
  `/${group}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}/{name}`

function patchOf({ group, version, kind }: Kind) {
  return {
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, kind, version },
  }
}
