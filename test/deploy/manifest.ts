import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly image: string
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly resources: { readonly limits: { readonly memory: string } }
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> }
  readonly spec: {
    readonly terminationGracePeriodSeconds: number
    readonly securityContext: {
      readonly runAsNonRoot: boolean
      readonly runAsUser: number
      readonly runAsGroup: number
      readonly fsGroup: number
    }
    readonly containers: readonly [Container]
    readonly volumes: readonly { readonly name: string; readonly [kind: string]: unknown }[]
  }
}

/** What the tests look at of the objects in deploy/kec.yaml. The API server judges the rest. */
interface Objects {
  readonly ClusterRole: { readonly rules: readonly Rule[] }
  readonly ConfigMap: { readonly data: Readonly<Record<string, string>> }
  readonly PersistentVolumeClaim: { readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } } }
  readonly Deployment: { readonly spec: { readonly template: PodTemplate } }
}

const file = join(import.meta.dirname, '../../deploy/kec.yaml')

/** The object of this kind in deploy/kec.yaml. */
export function deployed<K extends keyof Objects>(kind: K): Objects[K] {
  const objects: unknown[] = parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS())
  const found = objects.filter(object => typeof object === 'object' && object !== null && 'kind' in object && object.kind === kind)
  if (found.length !== 1) throw new Error(`${file} has ${found.length} of ${kind}`)
  return found[0] as Objects[K] // the API server accepts the file, test/real/deploy.test.ts; a key that is not there fails where it is used
}
