import type { Node, Pod, Workload } from './cast.ts'
import type { ScenarioObject } from './scenario.ts'

const labels = (app: string) => ({ app })

/** What `kubectl get pods` shows of a pod's container. */
export interface ContainerState {
  readonly phase: 'Pending' | 'Running' | 'Failed'
  readonly ready?: boolean
  readonly restarts?: number
  /** Why it waits: CrashLoopBackOff. */
  readonly waiting?: string
  /** Why it ended last time: Error, OOMKilled. */
  readonly ended?: { readonly reason: string; readonly exitCode: number }
  /** Of the pod: Evicted. */
  readonly reason?: string
  /** False: it waits for a node. Default true. */
  readonly scheduled?: boolean
}

export const running: ContainerState = { phase: 'Running', ready: true }

export function podObject(pod: Pod, state: ContainerState): ScenarioObject {
  const { name, namespace, uid, container, image, node, ip } = pod
  const { phase, ready = false, restarts = 0, waiting, ended, reason, scheduled = true } = state
  const now = new Date().toISOString()
  const status = {
    name: container,
    image,
    imageID: '',
    ready,
    started: ready,
    restartCount: restarts,
    state: waiting ? { waiting: { reason: waiting } } : phase === 'Running' ? { running: { startedAt: now } } : {},
    lastState: ended ? { terminated: { ...ended, startedAt: now, finishedAt: now } } : {},
  }
  const condition = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False', lastTransitionTime: now })
  return {
    resource: 'pods',
    name,
    namespace,
    metadata: { uid, labels: labels(container) },
    spec: { containers: [{ name: container, image }], ...(scheduled && { nodeName: node.name }) },
    status: {
      phase,
      ...(reason && { reason }),
      conditions: [condition('PodScheduled', scheduled), condition('Ready', ready)],
      ...(scheduled && { podIP: ip, startTime: now, containerStatuses: [status] }),
    },
  }
}

export function nodeObject({ name, uid }: Node, ready = true): ScenarioObject {
  const now = new Date().toISOString()
  const why = ready ? 'KubeletReady' : 'NodeStatusUnknown'
  return {
    resource: 'nodes',
    name,
    metadata: { uid, labels: { 'kubernetes.io/hostname': name } },
    spec: ready ? {} : { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: now }] },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown', reason: why, lastTransitionTime: now }],
      nodeInfo: { kubeletVersion: 'v1.36.0' },
    },
  }
}

/** The deployment and its replica set, with so many pods, of which so many are ready. */
export function workloadObjects(workload: Workload, replicas: number, ready: number): ScenarioObject[] {
  return [deploymentObject(workload, replicas, ready), replicaSetObject(workload, replicas, ready)]
}

function deploymentObject({ deployment, namespace, app, image }: Workload, replicas: number, ready: number): ScenarioObject {
  return {
    resource: 'deployments',
    name: deployment.name,
    namespace,
    metadata: { uid: deployment.uid, labels: labels(app) },
    spec: { replicas, ...podsOf(app, image) },
    status: { replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready, unavailableReplicas: replicas - ready },
  }
}

export function replicaSetObject({ replicaSet, namespace, app, image }: Workload, replicas: number, ready: number): ScenarioObject {
  return {
    resource: 'replicasets',
    name: replicaSet.name,
    namespace,
    metadata: { uid: replicaSet.uid, labels: labels(app) },
    spec: { replicas, ...podsOf(app, image) },
    status: { replicas, readyReplicas: ready, availableReplicas: ready },
  }
}

const podsOf = (app: string, image: string) => ({
  selector: { matchLabels: labels(app) },
  template: { metadata: { labels: labels(app) }, spec: { containers: [{ name: app, image }] } },
})
