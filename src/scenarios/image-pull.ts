import type { Cast, Pod } from './cast.ts'
import { assigned, createdPod, scaled } from './control-plane.ts'
import { backOffPulling, failed, onContainer, pullFailed, pulling } from './kubelet.ts'
import { nodeObject, podObject, workloadObjects } from './objects.ts'
import type { Scenario, Step } from './scenario.ts'
import { backOffs, together } from './timeline.ts'

/** Why a pull fails, in containerd's words; `attempt` counts from 1. */
type Why = (cast: Cast, image: string, attempt: number) => string

const noSuchTag: Why = (_, image) =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": ` +
  `failed to resolve reference "${image}": ${image}: not found`

const noLogin: Why = (_, image) =>
  `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ` +
  'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to ' +
  'https://registry.example.com/token?service=registry.example.com: 401 Unauthorized'

/** Different each time: after ten of them the recorder combines what is similar. */
const noAnswer: Why = (cast, image, attempt) => {
  const port = cast.number(`port ${image} ${attempt}`, 32_768, 60_999)
  return (
    `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ` +
    `failed to do request: Head "https://${image.split('/')[0]}/v2/": read tcp 10.0.3.17:${port}->203.0.113.7:443: i/o timeout`
  )
}

export const imagePull: Scenario = {
  name: 'image-pull',
  summary: 'Three images that cannot be pulled: no such tag, no login, no answer. Goes on until it is stopped.',
  stage(cast) {
    const node = cast.node(1)
    const cases = [
      { workload: cast.workload('cart', 'registry.example.com/shop/cart:3.1.0-rc7'), why: noSuchTag },
      { workload: cast.workload('payments', 'registry.example.com/private/payments:1.12.2'), why: noLogin },
      { workload: cast.workload('search', 'mirror.example.org/shop/search:9.0.4'), why: noAnswer },
    ].map(one => ({ ...one, pod: one.workload.pod(1, node) }))
    return {
      objects: [
        nodeObject(node),
        ...cases.flatMap(({ workload, pod }) => [
          ...workloadObjects(workload, 1, 0),
          podObject(pod, { phase: 'Pending', waiting: 'ImagePullBackOff' }),
        ]),
      ],
      story: together(
        ...cases.map(({ workload, pod }) => [scaled(workload, 0, 0, 1), createdPod(workload, 0.1, pod), assigned(pod, 0.2)]),
        ...cases.map(({ pod, why }) => cannotPull(cast, pod, why)),
      ),
    }
  },
}

/** An attempt, then kubelet backs off; meanwhile it looks every 10 to 15 s, and says each time that it waits. */
function* cannotPull(cast: Cast, pod: Pod, why: Why): Generator<Step> {
  const { image } = pod
  let at = 1
  let attempt = 0
  for (const seconds of backOffs()) {
    yield onContainer(pod, at, pulling(image))
    const ended = at + cast.number(`${image} takes ${++attempt}`, 300, 1900) / 1000
    yield onContainer(pod, ended, pullFailed(image, why(cast, image, attempt)))
    yield onContainer(pod, ended, failed('ErrImagePull'))
    for (at = ended + 1; at < ended + seconds; at += cast.number(`${image} at ${at}`, 10_000, 15_000) / 1000) {
      yield onContainer(pod, at, backOffPulling(image))
      yield onContainer(pod, at, failed('ImagePullBackOff'))
    }
  }
}
