import { registerHooks } from 'node:module'
import type { KubeConfig } from '@kubernetes/client-node'

const narrowUrl = 'kec:client-node-without-the-api'

/**
 * client-node's KubeConfig without the classes of the whole Kubernetes API: they cost 45 MB and 300 ms, and KubeConfig asks them for two
 * functions, which it is given here from the two files that hold them.
 */
export async function importKubeConfig(): Promise<typeof KubeConfig> {
  const index = import.meta.resolve('@kubernetes/client-node')
  const configFile = new URL('config.js', index).href
  const narrow = [
    `export { createConfiguration } from '${new URL('gen/configuration.js', index)}'`,
    `export { ServerConfiguration } from '${new URL('gen/servers.js', index)}'`,
  ].join('\n')
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const narrowed = specifier === './gen/index.js' && context.parentURL === configFile
      return narrowed ? { url: narrowUrl, format: 'module', shortCircuit: true } : next(specifier, context)
    },
    load: (url, context, next) => (url === narrowUrl ? { source: narrow, format: 'module', shortCircuit: true } : next(url, context)),
  })
  try {
    const module: typeof import('@kubernetes/client-node') = await import(configFile)
    return module.KubeConfig
  } finally {
    hooks.deregister()
  }
}
