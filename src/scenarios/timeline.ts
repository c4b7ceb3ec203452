import type { Step } from './scenario.ts'

/** Stories that happen at the same time, as one; each may be without end. */
export function* together(...stories: readonly Iterable<Step>[]): Generator<Step> {
  const running = stories.flatMap(story => {
    const steps = story[Symbol.iterator]()
    const { value, done } = steps.next()
    return done ? [] : [{ steps, next: value }]
  })
  while (running.length > 0) {
    const first = running.reduce((a, b) => (b.next.at < a.next.at ? b : a))
    yield first.next
    const { value, done } = first.steps.next()
    if (done) running.splice(running.indexOf(first), 1)
    else first.next = value
  }
}

/** 10, 20, 40 … seconds, at most five minutes: how kubelet backs off. */
export function* backOffs(): Generator<number, never> {
  for (let seconds = 10; ; seconds = Math.min(seconds * 2, 300)) yield seconds
}
