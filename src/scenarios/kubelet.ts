import type { Cast, Node, Pod } from './cast.ts'
import type { Report, Step, Subject } from './scenario.ts'

type Says = Pick<Report, 'type' | 'reason' | 'message'>

const says = (type: Report['type'], reason: string, message: string): Says => ({ type, reason, message })

/** The words of kubelet 1.36. */
export const pulling = (image: string) => says('Normal', 'Pulling', `Pulling image "${image}"`)
const pulled = (image: string, seconds: number, bytes: number) =>
  says(
    'Normal',
    'Pulled',
    `Successfully pulled image "${image}" in ${seconds}s (${seconds}s including waiting). Image size: ${bytes} bytes.`,
  )
const present = (image: string) =>
  says('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
const created = says('Normal', 'Created', 'Container created')
const started = says('Normal', 'Started', 'Container started')
export const stopping = ({ container }: Pod) => says('Normal', 'Killing', `Stopping container ${container}`)
export const pullFailed = (image: string, why: string) => says('Warning', 'Failed', `Failed to pull image "${image}": ${why}`)
export const failed = (why: string) => says('Warning', 'Failed', `Error: ${why}`)
export const backOffPulling = (image: string) => says('Normal', 'BackOff', `Back-off pulling image "${image}"`)
const backOffRestarting = ({ container, name, namespace, uid }: Pod) =>
  says('Warning', 'BackOff', `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`)
export const notReady = ({ ip }: Pod) => {
  const address = `${ip}:8080`
  return says(
    'Warning',
    'Unhealthy',
    `Readiness probe failed: Get "http://${address}/healthz": dial tcp ${address}: connect: connection refused`,
  )
}

export const podSubject = ({ name, namespace, uid }: Pod): Subject => ({ apiVersion: 'v1', kind: 'Pod', name, namespace, uid })

const kubelet = ({ name }: Node) => ({ component: 'kubelet', host: name, recorder: 'legacy' }) as const

/** Kubelet reports about a pod's container. */
export function onContainer(pod: Pod, at: number, what: Says): Step {
  const about = { ...podSubject(pod), fieldPath: `spec.containers{${pod.container}}` }
  return { at, by: kubelet(pod.node), about, ...what }
}

export function onPod(pod: Pod, at: number, what: Says): Step {
  return { at, by: kubelet(pod.node), about: podSubject(pod), ...what }
}

/** Kubelet takes its node's name for the node's uid. */
export function onNode(node: Node, at: number, what: Says): Step {
  return { at, by: kubelet(node), about: { kind: 'Node', name: node.name, uid: node.name }, ...what }
}

/** The container is created and started from an image that is there; gives when that is done. */
export function* startsContainer(pod: Pod, at: number): Generator<Step, number> {
  yield onContainer(pod, at, present(pod.image))
  yield onContainer(pod, at + 0.1, created)
  yield onContainer(pod, at + 0.3, started)
  return at + 0.3
}

/** The image is pulled, then the container is started; gives when that is done. */
export function* pullsAndStarts(pod: Pod, at: number, seconds: number, bytes: number): Generator<Step, number> {
  yield onContainer(pod, at, pulling(pod.image))
  yield onContainer(pod, at + seconds, pulled(pod.image, seconds, bytes))
  yield onContainer(pod, at + seconds + 0.1, created)
  yield onContainer(pod, at + seconds + 0.3, started)
  return at + seconds + 0.3
}

/** It starts again so many seconds after it ended; until then kubelet looks every 10 to 15 s, and says each time that it waits. */
export function* restartsAfter(cast: Cast, pod: Pod, ended: number, seconds: number): Generator<Step, number> {
  for (let at = ended + 1; at < ended + seconds; at += cast.number(`${pod.name} after ${at}`, 10_000, 15_000) / 1000) {
    yield onContainer(pod, at, backOffRestarting(pod))
  }
  return yield* startsContainer(pod, ended + seconds)
}
