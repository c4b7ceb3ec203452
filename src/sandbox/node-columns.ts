import { aged, type Column, named, wide } from './column.ts'
import { isTrueAt, listAt, textAt } from './look.ts'
import type { Stored } from './object.ts'

/** What `kubectl get nodes` shows. */
export const nodeColumns: readonly Column[] = [
  named,
  { name: 'Status', cell: statusOf },
  { name: 'Roles', cell: rolesOf },
  aged,
  { name: 'Version', cell: node => textAt(node, 'status.nodeInfo.kubeletVersion') },
  wide('Internal-IP', node => address(node, 'InternalIP')),
  wide('External-IP', node => address(node, 'ExternalIP')),
  wide('OS-Image', node => textAt(node, 'status.nodeInfo.osImage') || '<unknown>'),
  wide('Kernel-Version', node => textAt(node, 'status.nodeInfo.kernelVersion') || '<unknown>'),
  wide('Container-Runtime', node => textAt(node, 'status.nodeInfo.containerRuntimeVersion') || '<unknown>'),
]

function statusOf(node: Stored): string {
  const ready = listAt(node, 'status.conditions').find(condition => textAt(condition, 'type') === 'Ready')
  const status = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return isTrueAt(node, 'spec.unschedulable') ? `${status},SchedulingDisabled` : status
}

function rolesOf({ metadata }: Stored): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key === 'kubernetes.io/role') return [value]
    return key.startsWith(prefix) ? [key.slice(prefix.length)] : []
  })
  return [...new Set(roles.filter(Boolean))].sort().join(',') || '<none>'
}

function address(node: Stored, type: string): string {
  const found = listAt(node, 'status.addresses').find(one => textAt(one, 'type') === type)
  return textAt(found, 'address') || '<none>'
}
