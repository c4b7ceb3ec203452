import type { Cast, Pod } from './cast.ts'
import { assigned, createdPod, scaled } from './control-plane.ts'
import { pullsAndStarts, restartsAfter, startsContainer } from './kubelet.ts'
import { nodeObject, podObject, running, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { backOffs, together } from './timeline.ts'

export const crashLoop: Scenario = {
  name: 'crash-loop',
  summary: 'A new deployment: two of its three pods exit soon after each start. Goes on until it is stopped.',
  stage(cast) {
    const nodes = [cast.node(1), cast.node(2)] as const
    const checkout = cast.workload('checkout', 'registry.example.com/shop/checkout:2.4.0')
    const healthy = checkout.pod(1, nodes[0])
    const crashing = [checkout.pod(2, nodes[1]), checkout.pod(3, nodes[0])]
    return {
      objects: [
        ...nodes.map(node => nodeObject(node)),
        ...workloadObjects(checkout, 3, 1),
        podObject(healthy, running),
        ...crashing.map(pod =>
          podObject(pod, { phase: 'Running', restarts: 4, waiting: 'CrashLoopBackOff', ended: { reason: 'Error', exitCode: 1 } }),
        ),
      ],
      story: together(
        [scaled(checkout, 0, 0, 3), ...[healthy, ...crashing].map((pod, i) => createdPod(checkout, 0.1 + i / 20, pod))],
        [assigned(healthy, 0.3), ...pullsAndStarts(healthy, 1, 2.417, 48_211_507)],
        ...crashing.map(pod => crashes(cast, pod)),
      ),
    }
  },
}

/** Kubelet restarts at once the first time, then backs off. */
function* crashes(cast: Cast, pod: Pod): Generator<Step> {
  yield assigned(pod, 0.3)
  let at = yield* pullsAndStarts(pod, 1.1, cast.number(pod.name, 1200, 6900) / 1000, 48_211_507)
  const lives = () => cast.number(`${pod.name} at ${at}`, 1500, 4000) / 1000
  at = yield* startsContainer(pod, at + lives())
  for (const seconds of backOffs()) at = yield* restartsAfter(cast, pod, at + lives(), seconds)
}
