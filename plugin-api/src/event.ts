/** The object that an event is about, or one that is related to it. Fields that the API server did not send are ''. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  /** '' for an object that belongs to no namespace, such as a Node. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** A part of the object, such as `spec.containers{web}`. */
  readonly fieldPath: string
}

/**
 * One version of a Kubernetes event, in one shape for both API groups (events.k8s.io/v1 and core/v1).
 *
 * Frozen: every sink gets the same object. Text that the API server did not send is ''. None of the text can be trusted: whoever may create
 * events chooses it freely.
 */
export interface KubeEvent {
  /** Stable and unique: `<cluster uid>/<event uid>/<resourceVersion>`, and `@<epoch>` if the API server's history was replaced since. */
  readonly id: string
  readonly cluster: { readonly name: string; readonly uid: string }
  readonly uid: string
  /** A decimal number of any length; compare it as such, never as a JavaScript number. */
  readonly resourceVersion: string
  /** `updated` when an earlier version of the same event was seen. */
  readonly change: 'created' | 'updated'
  /** True if this version was there before kec first looked: do not alert on it. */
  readonly historical: boolean
  /** `Normal` or `Warning`; others, and '', are possible. */
  readonly type: string
  readonly reason: string
  readonly action: string
  readonly message: string
  /** How often it happened so far, as its recorder says. At least 1. */
  readonly count: number
  /** How often it happened since the version before: sum these up, never `count`. 0 for an update that adds none. */
  readonly occurrences: number
  /** When it was last observed: RFC 3339, with up to 6 digits of a second, as the API server sent it. */
  readonly time: string
  /** When it was first observed, if its recorder said so. */
  readonly firstTime: string | undefined
  /** When it was last observed, if its recorder said so; `time` always has a value. */
  readonly lastTime: string | undefined
  readonly namespace: string
  /** The name of the event itself; what it is about is `regarding`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly regarding: ObjectReference
  readonly related: ObjectReference | undefined
  readonly reporting: { readonly controller: string; readonly instance: string }
  readonly source: { readonly component: string; readonly host: string }
  /** The object as the API server sent it, in the shape of the group it was read from; frozen in depth on first use. Not in JSON.stringify. */
  readonly raw: Readonly<Record<string, unknown>>
}
