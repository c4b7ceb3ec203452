import { randomUUID } from 'node:crypto'

export interface Metadata {
  name: string
  generateName?: string
  namespace?: string
  uid: string
  resourceVersion: string
  creationTimestamp: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: unknown[]
}

/** An object as it is kept; never changed in place. */
export interface Stored {
  readonly metadata: Readonly<Metadata>
  readonly [field: string]: unknown
}

/** An object on its way in: the store gives it uid, resourceVersion and creationTimestamp. */
export type Incoming = Omit<Stored, 'metadata'> & { metadata: Partial<Metadata> & { name: string } }

/** An object as it is first kept: of what a client may not choose nothing stays. */
export function fresh({ metadata, ...rest }: Incoming, resourceVersion: string, uid: string = randomUUID()): Stored {
  const { name, generateName, namespace, labels, annotations, finalizers, ownerReferences } = metadata
  return {
    ...rest,
    metadata: {
      name,
      ...(generateName && { generateName }),
      ...(namespace && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ...(ownerReferences && { ownerReferences }),
    },
  }
}
