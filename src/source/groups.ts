/** The two faces of one storage. kec reads one of them. */
export type Group = 'events.k8s.io/v1' | 'v1'

/** Field selectors that the groups name differently: [in events.k8s.io/v1, in core/v1]. */
const fields = [
  ['regarding.', 'involvedObject.'],
  ['reportingController', 'reportingComponent'],
] as const

/** What is asked of the API server, in the words of either group. */
export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly labelSelector?: string | undefined
}

export function otherGroup(group: Group): Group {
  return group === 'v1' ? 'events.k8s.io/v1' : 'v1'
}

export function eventsPath(group: Group, namespace: string | undefined): string {
  const root = group === 'v1' ? '/api/v1' : '/apis/events.k8s.io/v1'
  return namespace === undefined ? `${root}/events` : `${root}/namespaces/${encodeURIComponent(namespace)}/events`
}

/** A field selector in the words of the group. `source` is only in core/v1; its value is nearly always the reporting controller's. */
export function translate(selector: string, group: Group): string {
  return selector
    .split(',')
    .map(term => {
      const trimmed = term.trim()
      for (const [newer, older] of fields) {
        const [from, to] = group === 'v1' ? [newer, older] : [older, newer]
        if (trimmed.startsWith(from)) return to + trimmed.slice(from.length)
      }
      return group === 'v1' ? trimmed : trimmed.replace(/^source(?=[=!])/, 'reportingController')
    })
    .join(',')
}

/** The right that is missing, as a Role states it. */
export function rightOf(verb: 'list' | 'watch', group: Group, namespace: string | undefined): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`
  return `${verb} events in apiGroup "${group === 'v1' ? '' : 'events.k8s.io'}" ${where}`
}
