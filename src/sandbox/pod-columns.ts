import { ageOf } from './age.ts'
import { aged, type Column, named, wide } from './column.ts'
import { isThere, isTrueAt, listAt, numberAt, textAt } from './look.ts'
import type { Stored } from './object.ts'

/** What `kubectl get pods` shows. */
export const podColumns: readonly Column[] = [
  named,
  { name: 'Ready', cell: pod => `${summary(pod).ready}/${listAt(pod, 'spec.containers').length}` },
  { name: 'Status', cell: pod => summary(pod).status },
  { name: 'Restarts', cell: restartsCell },
  aged,
  wide('IP', pod => textAt(listAt(pod, 'status.podIPs')[0], 'ip') || none),
  wide('Node', pod => textAt(pod, 'spec.nodeName') || none),
  wide('Nominated Node', pod => textAt(pod, 'status.nominatedNodeName') || none),
  wide('Readiness Gates', readinessGates),
]

const none = '<none>'

interface Summary {
  readonly status: string
  readonly ready: number
  readonly restarts: number
  /** When the last restart was; '' for never. */
  readonly restarted: string
}

function restartsCell(pod: Stored, now: number): string {
  const { restarts, restarted } = summary(pod)
  return restarts > 0 && restarted ? `${restarts} (${ageOf(restarted, now)} ago)` : String(restarts)
}

/** One word for all containers: what keeps the first of them from running, else the pod's phase. */
function summary(pod: Stored): Summary {
  const beginning = initStatus(pod)
  const statuses = listAt(pod, 'status.containerStatuses')
  const initStatuses = listAt(pod, 'status.initContainerStatuses')
  const inits = beginning !== undefined && !hasCondition(pod, 'Initialized')
  const counted = inits ? initStatuses : statuses
  const restarts = counted.reduce<number>((sum, container) => sum + numberAt(container, 'restartCount'), 0)
  const ends = counted.map(container => textAt(container, 'lastState.terminated.finishedAt'))
  const restarted = ends.sort().at(-1) ?? ''
  const ready = inits ? 0 : statuses.filter(isRunning).length
  const words = inits ? beginning : containersStatus(pod, statuses)
  return { status: endingStatus(pod) ?? words, ready, restarts, restarted }
}

const isRunning = (container: unknown): boolean => isTrueAt(container, 'ready') && isThere(container, 'state.running')

/** A pod that is being deleted says so, unless it has ended. */
function endingStatus(pod: Stored): string | undefined {
  if (!isThere(pod, 'metadata.deletionTimestamp')) return undefined
  if (textAt(pod, 'status.reason') === 'NodeLost') return 'Unknown'
  return ['Failed', 'Succeeded'].includes(textAt(pod, 'status.phase')) ? undefined : 'Terminating'
}

function phaseOf(pod: Stored): string {
  const scheduled = listAt(pod, 'status.conditions').find(condition => textAt(condition, 'type') === 'PodScheduled')
  if (textAt(scheduled, 'reason') === 'SchedulingGated') return 'SchedulingGated'
  return textAt(pod, 'status.reason') || textAt(pod, 'status.phase')
}

/** Undefined once the init containers are through. */
function initStatus(pod: Stored): string | undefined {
  const statuses = listAt(pod, 'status.initContainerStatuses')
  const at = statuses.findIndex(
    container => !isThere(container, 'state.terminated') || numberAt(container, 'state.terminated.exitCode') !== 0,
  )
  if (at < 0) return undefined
  const container = statuses[at]
  if (isThere(container, 'state.terminated')) return `Init:${endOf(container)}`
  const waiting = textAt(container, 'state.waiting.reason')
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${at}/${listAt(pod, 'spec.initContainers').length}`
}

function containersStatus(pod: Stored, statuses: readonly unknown[]): string {
  const reasons = statuses.map(container => {
    const waiting = textAt(container, 'state.waiting.reason')
    return waiting || (isThere(container, 'state.terminated') ? endOf(container) : '')
  })
  const status = reasons.find(reason => reason !== '') ?? phaseOf(pod)
  if (status !== 'Completed' || !statuses.some(isRunning)) return status
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady'
}

function endOf(container: unknown): string {
  const signal = numberAt(container, 'state.terminated.signal')
  const how = signal === 0 ? `ExitCode:${numberAt(container, 'state.terminated.exitCode')}` : `Signal:${signal}`
  return textAt(container, 'state.terminated.reason') || how
}

function readinessGates(pod: Stored): string {
  const gates = listAt(pod, 'spec.readinessGates').map(gate => textAt(gate, 'conditionType'))
  return gates.length === 0 ? none : `${gates.filter(type => hasCondition(pod, type)).length}/${gates.length}`
}

function hasCondition(pod: Stored, type: string): boolean {
  return listAt(pod, 'status.conditions').some(condition => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True')
}
