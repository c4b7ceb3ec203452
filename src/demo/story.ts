import { setTimeout as sleep } from 'node:timers/promises'
import { playStorm } from './play.ts'
import type { Setting } from './setting.ts'

/** Something that goes wrong while events flow. */
interface Act {
  /** Seconds after the act before it, or after the beginning. */
  readonly after: number
  readonly says: string
  /** What went wrong with it. */
  readonly wrong?: string
  perform(setting: Setting, signal: AbortSignal): void | Promise<void>
}

const acts: readonly Act[] = [
  {
    after: 0,
    says: 'A small cluster, and kec with three sinks: log, metrics, webhook.',
    perform() {},
  },
  {
    after: 6,
    says: 'The receiver of the webhook is down. The other sinks do not notice.',
    wrong: 'a sink that was down',
    perform({ receiver }) {
      receiver.up = false
    },
  },
  {
    after: 4,
    says: 'The receiver is back: the webhook gets what it missed, in order.',
    perform({ receiver }) {
      receiver.up = true
    },
  },
  {
    after: 3,
    says: 'kill -9 of kec, and a new start: it goes on where it was.',
    wrong: 'a kill -9 of kec',
    perform: setting => setting.killKec(),
  },
  {
    after: 3,
    says: 'A node goes down: much happens at once.',
    perform: playStorm,
  },
  {
    after: 2,
    says: 'kec goes on like this until you end it.',
    perform() {},
  },
]

/** Performs the acts, over and over, until the signal aborts; gives what went wrong. The receiver is up when it ends. */
export async function tellStory(setting: Setting, announce: (says: string) => void, signal: AbortSignal): Promise<readonly string[]> {
  const wentWrong = new Set<string>()
  try {
    for (;;) {
      for (const { after, says, wrong, perform } of acts) {
        await sleep(after * 1000, undefined, { signal })
        announce(says)
        if (wrong !== undefined) wentWrong.add(wrong)
        await perform(setting, signal)
      }
      await sleep(10_000, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    setting.receiver.up = true
  }
  return [...wentWrong]
}
