import type { Node, Pod, Workload } from './cast.ts'
import { podSubject } from './kubelet.ts'
import type { Reporter, Step, Subject } from './scenario.ts'

const controller = (component: string): Reporter => ({ component, host: '', recorder: 'legacy' })

const scheduler: Reporter = { component: 'default-scheduler', host: '', recorder: 'series' }

export function assigned(pod: Pod, at: number): Step {
  const message = `Successfully assigned ${pod.namespace}/${pod.name} to ${pod.node.name}`
  return { at, by: scheduler, about: podSubject(pod), type: 'Normal', reason: 'Scheduled', action: 'Binding', message }
}

/** `why`: how many nodes for which reason, as the scheduler lists them. */
export function notSchedulable(pod: Pod, at: number, nodes: number, why: string): Step {
  const none = `0/${nodes} nodes are available`
  const message = `${none}: ${why}. preemption: ${none}: ${nodes} No preemption victims found for incoming pod.`
  return { at, by: scheduler, about: podSubject(pod), type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message }
}

export function scaled({ deployment, replicaSet }: Workload, at: number, from: number, to: number): Step {
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${replicaSet.name} from ${from} to ${to}`
  return normal(at, 'deployment-controller', deployment, 'ScalingReplicaSet', message)
}

export function createdPod({ replicaSet }: Workload, at: number, pod: Pod): Step {
  return normal(at, 'replicaset-controller', replicaSet, 'SuccessfulCreate', `Created pod: ${pod.name}`)
}

export function deletedPod({ replicaSet }: Workload, at: number, pod: Pod): Step {
  return normal(at, 'replicaset-controller', replicaSet, 'SuccessfulDelete', `Deleted pod: ${pod.name}`)
}

export function noScaleUp(pod: Pod, at: number, why: string): Step {
  return normal(at, 'cluster-autoscaler', podSubject(pod), 'NotTriggerScaleUp', `pod didn't trigger scale-up: ${why}`)
}

export function scaledUpFor(pod: Pod, at: number): Step {
  const message = 'pod triggered scale-up: [{workers 8->10 (max: 12)}]'
  return normal(at, 'cluster-autoscaler', podSubject(pod), 'TriggeredScaleUp', message)
}

export function nodeWentAway({ name, uid }: Node, at: number): Step {
  const node = { apiVersion: 'v1', kind: 'Node', name, uid }
  return normal(at, 'node-controller', node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
}

export function podOnLostNode(pod: Pod, at: number): Step {
  const what = { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' } as const
  return { at, by: controller('node-controller'), about: podSubject(pod), ...what }
}

/** The eviction controller knows the pod by name only: its event has no uid. */
export function evictedByTaint(pod: Pod, at: number): Step {
  const { uid: _, ...about } = podSubject(pod)
  const message = `Marking for deletion Pod ${pod.namespace}/${pod.name}`
  return normal(at, 'taint-eviction-controller', about, 'TaintManagerEviction', message)
}

function normal(at: number, component: string, about: Subject, reason: string, message: string): Step {
  return { at, by: controller(component), about, type: 'Normal', reason, message }
}
