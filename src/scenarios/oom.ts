import type { Cast, Node, Pod } from './cast.ts'
import { assigned, createdPod, scaled } from './control-plane.ts'
import { onContainer, onNode, onPod, pullsAndStarts, restartsAfter, startsContainer, stopping } from './kubelet.ts'
import { nodeObject, podObject, running, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { backOffs, together } from './timeline.ts'

export const oom: Scenario = {
  name: 'oom',
  summary: 'A container takes all memory and is killed, again and again; its node evicts a neighbour. Goes on until it is stopped.',
  stage(cast) {
    const [node, other] = [cast.node(1), cast.node(2)]
    const workload = cast.workload('recommender', 'registry.example.com/shop/recommender:0.19.2')
    const [greedy, neighbour, replacement] = [workload.pod(1, node), workload.pod(2, node), workload.pod(3, other)]
    return {
      objects: [
        nodeObject(node),
        nodeObject(other),
        ...workloadObjects(workload, 2, 1),
        podObject(greedy, { phase: 'Running', restarts: 3, waiting: 'CrashLoopBackOff', ended: { reason: 'OOMKilled', exitCode: 137 } }),
        podObject(neighbour, { phase: 'Failed', reason: 'Evicted' }),
        podObject(replacement, running),
      ],
      story: together(
        [scaled(workload, 0, 0, 2), createdPod(workload, 0.1, greedy), createdPod(workload, 0.15, neighbour)],
        [assigned(neighbour, 0.3), ...pullsAndStarts(neighbour, 1.2, 5.871, 318_440_227)],
        isKilled(cast, greedy),
        nodeRunsShort(cast, node, neighbour),
        [createdPod(workload, 31, replacement), assigned(replacement, 31.1), ...pullsAndStarts(replacement, 32, 6.014, 318_440_227)],
      ),
    }
  },
}

/** Kubelet says nothing of a container's own limit: the kernel's line comes by the node problem detector, a new one each time. */
function killed(cast: Cast, { node: { name }, container }: Pod, at: number): Step {
  const kB = (what: string, low: number, high: number) => `${what}:${cast.number(`${what} ${at}`, low, high)}kB`
  const message =
    `Memory cgroup out of memory: Killed process ${cast.number(`pid ${at}`, 2000, 60_000)} (${container}) ` +
    `${kB('total-vm', 1_400_000, 2_900_000)}, ${kB('anon-rss', 515_000, 524_000)}, ${kB('file-rss', 900, 9000)}, shmem-rss:0kB, UID:1000 ` +
    `${kB('pgtables', 1200, 2400)} oom_score_adj:985`
  const by = { component: 'kernel-monitor', host: name, recorder: 'legacy' } as const
  return { at, by, about: { kind: 'Node', name, uid: name }, type: 'Warning', reason: 'OOMKilling', message }
}

function* isKilled(cast: Cast, pod: Pod): Generator<Step> {
  yield assigned(pod, 0.3)
  let at = yield* pullsAndStarts(pod, 1.1, 5.402, 318_440_227)
  const lives = () => cast.number(`${pod.name} at ${at}`, 3000, 6000) / 1000
  yield killed(cast, pod, at + lives())
  at = yield* startsContainer(pod, at + lives() + 1)
  for (const seconds of backOffs()) {
    const ended = at + lives()
    yield killed(cast, pod, ended)
    at = yield* restartsAfter(cast, pod, ended, seconds)
  }
}

function* nodeRunsShort(cast: Cast, node: Node, victim: Pod): Generator<Step> {
  const pid = cast.number('victim', 2000, 60_000)
  const left = cast.number('available', 41_000, 99_000)
  const used = cast.number('used', 1_200_000, 1_900_000)
  const turns = (state: string) => ({ type: 'Normal', reason: state, message: `Node ${node.name} status is now: ${state}` }) as const
  yield onNode(node, 28, { type: 'Warning', reason: 'SystemOOM', message: `System OOM encountered, victim process: java, pid: ${pid}` })
  yield onNode(node, 29, turns('NodeHasInsufficientMemory'))
  yield onNode(node, 30, { type: 'Warning', reason: 'EvictionThresholdMet', message: 'Attempting to reclaim memory' })
  yield onPod(victim, 30.1, {
    type: 'Warning',
    reason: 'Evicted',
    message:
      `The node was low on resource: memory. Threshold quantity: 100Mi, available: ${left}Ki. ` +
      `Container ${victim.container} was using ${used}Ki, request is 512Mi, has larger consumption of memory. `,
  })
  yield onContainer(victim, 30.2, stopping(victim))
  // Kubelet waits so long before it believes that the pressure is over.
  yield onNode(node, 330, turns('NodeHasSufficientMemory'))
}
