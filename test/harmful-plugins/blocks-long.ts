// Blocks the thread: for 0.4 s in its setup, and for 3 s at its first batch.
import { definePlugin } from '@kec/plugin-api'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

export default definePlugin({
  name: 'blocks-long',
  apiVersion: 1,
  setup(kec) {
    let ms = 3_000
    block(400)
    kec.hooks.onEvent.tap('blocks-long', () => {
      block(ms)
      ms = 0
    })
  },
})
