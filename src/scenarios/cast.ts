import { createHash } from 'node:crypto'
import type { Subject } from './scenario.ts'

export interface Pod {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly ip: string
  readonly node: Node
  readonly container: string
  readonly image: string
}

export interface Node {
  readonly name: string
  readonly uid: string
}

/** A deployment with its one replica set. */
export interface Workload {
  readonly namespace: string
  readonly deployment: Subject & { readonly uid: string }
  readonly replicaSet: Subject & { readonly uid: string }
  readonly app: string
  readonly image: string
  pod(number: number, node: Node): Pod
}

/** The letters that Kubernetes makes names of. */
const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Names, uids and numbers for one play: the same for the same seed and namespace, others for others. */
export class Cast {
  readonly namespace: string
  readonly #seed: string

  constructor(seed: string, namespace: string) {
    this.#seed = seed
    this.namespace = namespace
  }

  /** A whole number from `low` to `high`; `what` names it. */
  number(what: string, low: number, high: number): number {
    return low + (this.#hash(what).readUInt32BE() % (high - low + 1))
  }

  node(number: number): Node {
    return { name: `worker-${number}-${this.#letters('nodes', 4)}`, uid: this.#uid(`node ${number}`) }
  }

  /** `revision` tells its replica sets apart. */
  workload(app: string, image: string, revision = 1): Workload {
    const { namespace } = this
    const set = `${app}-${this.#letters(`${app} ${revision}`, 10)}`
    const subject = (kind: string, name: string) => ({
      apiVersion: 'apps/v1',
      kind,
      name,
      namespace,
      uid: this.#uid(`${kind} ${name}`),
    })
    return {
      namespace,
      deployment: subject('Deployment', app),
      replicaSet: subject('ReplicaSet', set),
      app,
      image,
      pod: (number, node) => {
        const name = `${set}-${this.#letters(`${set} ${number}`, 5)}`
        const ip = `10.244.${this.number(node.name, 1, 250)}.${this.number(name, 2, 250)}`
        return { name, namespace, uid: this.#uid(name), ip, node, container: app, image }
      },
    }
  }

  #hash(what: string): Buffer {
    return createHash('sha256').update(`${this.#seed}\0${this.namespace}\0${what}`).digest()
  }

  #letters(what: string, length: number): string {
    return Array.from(this.#hash(what).subarray(0, length), byte => letters[byte % letters.length]).join('')
  }

  #uid(what: string): string {
    const hex = this.#hash(`uid ${what}`).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }
}
