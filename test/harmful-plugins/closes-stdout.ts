// Takes standard output and error away from everybody.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'closes-stdout',
  apiVersion: 1,
  setup(kec) {
    const sins = [() => process.stdout.end(), () => process.stdout.destroy(), () => process.stderr.end(), () => process.stderr.destroy()]
    kec.hooks.onEvent.tap('closes-stdout', () => {
      for (const sin of sins.splice(0)) setTimeout(sin)
    })
  },
})
