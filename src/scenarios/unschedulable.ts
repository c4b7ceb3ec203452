import type { Cast, Pod } from './cast.ts'
import { assigned, createdPod, noScaleUp, notSchedulable, scaled } from './control-plane.ts'
import { pullsAndStarts } from './kubelet.ts'
import { nodeObject, podObject, running, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { together } from './timeline.ts'

/** What is in the way, node by node; it changes as other pods come and go. */
const reasons = [
  '1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu',
  '1 Insufficient memory, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu',
  "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu",
] as const

export const unschedulable: Scenario = {
  name: 'unschedulable',
  summary: 'A deployment that is too big: one pod finds a node, four wait for one. Goes on until it is stopped.',
  stage(cast) {
    const node = cast.node(1)
    const reports = cast.workload('reports', 'registry.example.com/shop/reports:5.2.1')
    const fits = reports.pod(1, node)
    const waiting = [2, 3, 4, 5].map(number => reports.pod(number, node))
    return {
      objects: [
        ...[1, 2, 3].map(number => nodeObject(cast.node(number))),
        ...workloadObjects(reports, 5, 1),
        podObject(fits, running),
        ...waiting.map(pod => podObject(pod, { phase: 'Pending', scheduled: false })),
      ],
      story: together(
        [scaled(reports, 0, 0, 5), ...[fits, ...waiting].map((pod, i) => createdPod(reports, 0.1 + i / 20, pod))],
        [assigned(fits, 0.4), ...pullsAndStarts(fits, 1, 3.209, 131_664_918)],
        ...waiting.flatMap(pod => [waits(cast, pod), noNewNode(pod)]),
      ),
    }
  },
}

/** The scheduler tries again when something changes in the cluster, at the latest after five minutes. */
function* waits(cast: Cast, pod: Pod): Generator<Step> {
  for (let at = 0.5, tries = 0; ; at += cast.number(`${pod.name} ${tries}`, 5, 300), tries++) {
    const why = reasons[cast.number(`why ${tries}`, 0, reasons.length - 1)] ?? reasons[0]
    yield notSchedulable(pod, at, 4, why)
  }
}

/** The autoscaler looks every ten seconds, and finds that it may not add a node. */
function* noNewNode(pod: Pod): Generator<Step> {
  for (let at = 12; ; at += 10) yield noScaleUp(pod, at, '1 max node group size reached')
}
