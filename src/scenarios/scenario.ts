import type { Cast } from './cast.ts'

/** What an event is about, as the component that reports it refers to it. */
export interface Subject {
  readonly apiVersion?: string
  readonly kind: string
  readonly name: string
  /** Undefined: it is in none, and its events live in `default`. */
  readonly namespace?: string
  readonly uid?: string
  readonly fieldPath?: string
}

/** Who reports events, and how. */
export interface Reporter {
  readonly component: string
  /** The node that it runs on, if it says so; else ''. */
  readonly host: string
  /** client-go has two recorders: tools/record writes core/v1 and counts, tools/events writes events.k8s.io/v1 and series. */
  readonly recorder: 'legacy' | 'series'
}

/** What a component tells its recorder. */
export interface Report {
  readonly by: Reporter
  readonly about: Subject
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Only the newer recorder takes one. */
  readonly action?: string
}

export interface Step extends Report {
  /** Seconds since the story began. */
  readonly at: number
}

/** An object that a story is about, as `Sandbox.add` takes it: resource, name, namespace, and the object's other fields. */
export interface ScenarioObject {
  readonly resource: 'deployments' | 'replicasets' | 'pods' | 'nodes'
  readonly name: string
  readonly namespace?: string
  readonly metadata: { readonly uid: string; readonly [field: string]: unknown }
  readonly spec: object
  readonly status: object
}

export interface Scenario {
  /** As it is typed. */
  readonly name: string
  /** What happens, in one sentence. */
  readonly summary: string
  stage(cast: Cast): Stage
}

/** A scenario with names: whom it is about, and what happens to them. */
interface Stage {
  readonly objects: readonly ScenarioObject[]
  /** In the order of time; without end where only the reader ends it. Can be read once. */
  readonly story: Iterable<Step>
}
