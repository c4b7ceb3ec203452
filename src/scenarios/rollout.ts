import type { Node, Pod, Workload } from './cast.ts'
import { assigned, createdPod, deletedPod, scaled } from './control-plane.ts'
import { notReady, onContainer, pullsAndStarts, startsContainer, stopping } from './kubelet.ts'
import { nodeObject, podObject, replicaSetObject, running, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { together } from './timeline.ts'

const replicas = 4

export const rollout: Scenario = {
  name: 'rollout',
  summary: 'A deployment gets a new image, pod by pod; the new pods are slow to get ready. Half a minute.',
  stage(cast) {
    const nodes = [cast.node(1), cast.node(2), cast.node(3)] as const
    const nodeOf = (number: number): Node => nodes[number % nodes.length] ?? nodes[0]
    const before = cast.workload('web', 'registry.example.com/shop/web:1.8.3', 1)
    const after = cast.workload('web', 'registry.example.com/shop/web:1.9.0', 2)
    const pods = (workload: Workload) => Array.from({ length: replicas }, (_, i) => workload.pod(i + 1, nodeOf(i)))
    const [old, fresh] = [pods(before), pods(after)]
    return {
      objects: [
        ...nodes.map(node => nodeObject(node)),
        ...workloadObjects(after, replicas, replicas),
        replicaSetObject(before, 0, 0),
        ...fresh.map(pod => podObject(pod, running)),
      ],
      story: together(...fresh.map((pod, i) => replaced(i, before, old[i] ?? pod, after, pod))),
    }
  },
}

/** One pod more than there were, then one of the old less: a surge of a quarter. */
function* replaced(turn: number, before: Workload, old: Pod, after: Workload, fresh: Pod): Generator<Step> {
  const at = turn * 7
  yield scaled(after, at, turn, turn + 1)
  yield createdPod(after, at + 0.1, fresh)
  yield assigned(fresh, at + 0.2)
  // Who has had a pod of this image has the image.
  const started = turn < 3 ? yield* pullsAndStarts(fresh, at + 0.9, 1.862, 62_958_873) : yield* startsContainer(fresh, at + 0.9)
  yield onContainer(fresh, started + 1, notReady(fresh))
  yield onContainer(fresh, started + 2, notReady(fresh))
  yield scaled(before, at + 6.2, replicas - turn, replicas - turn - 1)
  yield deletedPod(before, at + 6.3, old)
  yield onContainer(old, at + 6.4, stopping(old))
}
