import type { Cast, Node, Pod, Workload } from './cast.ts'
import { assigned, createdPod, evictedByTaint, nodeWentAway, notSchedulable, podOnLostNode, scaledUpFor } from './control-plane.ts'
import { notReady, onContainer, pullsAndStarts } from './kubelet.ts'
import { nodeObject, podObject, running, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { together } from './timeline.ts'

const apps = ['ads', 'cart', 'catalog', 'checkout', 'currency', 'email', 'payments', 'recommender', 'search', 'shipping', 'web']
const podsOfEach = 10 // 110 in all: as many as kubelet takes
const otherNodes = 7
const full = '1 Too many pods, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 6 Insufficient cpu'

export const storm: Scenario = {
  name: 'storm',
  summary: 'A node with 110 pods goes away, and they all move to others: some 900 events in ten seconds.',
  stage(cast) {
    const lost = cast.node(1)
    const others = Array.from({ length: otherNodes }, (_, i) => cast.node(i + 2))
    const moves = apps.flatMap((app, a) => {
      const workload = cast.workload(app, `registry.example.com/shop/${app}:2.${a}.${cast.number(app, 0, 20)}`)
      return Array.from({ length: podsOfEach }, (_, i) => move(cast, workload, lost, others, a * podsOfEach + i))
    })
    const finds = (workload: Workload) => moves.filter(one => one.workload === workload && one.fits).length
    return {
      objects: [
        nodeObject(lost, false),
        ...others.map(node => nodeObject(node)),
        ...[...new Set(moves.map(({ workload }) => workload))].flatMap(workload => workloadObjects(workload, podsOfEach, finds(workload))),
        ...moves.map(({ to, fits }) => podObject(to, fits ? running : { phase: 'Pending', scheduled: false })),
      ],
      story: together([nodeWentAway(lost, 0)], ...moves.map(one => moving(cast, one))),
    }
  },
}

interface Move {
  readonly workload: Workload
  readonly number: number
  readonly from: Pod
  readonly to: Pod
  /** Whether there is room for it on another node. */
  readonly fits: boolean
}

function move(cast: Cast, workload: Workload, lost: Node, others: readonly Node[], number: number): Move {
  const node = others[cast.number(`node of ${number}`, 0, others.length - 1)] ?? lost
  return { workload, number, from: workload.pod(number, lost), to: workload.pod(number + 1000, node), fits: number % 4 !== 3 }
}

/** These pods do not tolerate a lost node, else they would stay for five minutes. */
function* moving(cast: Cast, { workload, number, from, to, fits }: Move): Generator<Step> {
  yield podOnLostNode(from, 0.2 + number / 100)
  const at = 1.5 + number / 25
  yield evictedByTaint(from, at)
  yield createdPod(workload, at + 0.1, to)
  if (fits) {
    yield assigned(to, at + 0.3)
    const started = yield* pullsAndStarts(
      to,
      at + 0.8,
      cast.number(to.image, 400, 2900) / 1000,
      cast.number(workload.app, 20_000_000, 300_000_000),
    )
    yield onContainer(to, started + 0.5, notReady(to))
  } else {
    yield notSchedulable(to, at + 0.3, otherNodes + 1, full)
    yield scaledUpFor(to, at + 2)
  }
}
