import assert from 'node:assert/strict'
import type { Answer, Client } from './client.ts'

/** A namespace of a test's own, and shorthands for events in it. */
export class Place {
  readonly namespace: string
  readonly client: Client
  /** The path of its events in core/v1. */
  readonly core: string
  /** The path of its events in events.k8s.io/v1. */
  readonly new: string

  private constructor(client: Client, namespace: string) {
    this.client = client
    this.namespace = namespace
    this.core = `/api/v1/namespaces/${namespace}/events`
    this.new = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
  }

  static async make(client: Client, namespace: string): Promise<Place> {
    const { status, body } = await client.post('/api/v1/namespaces', { metadata: { name: namespace } })
    assert.equal(status, 201, JSON.stringify(body))
    return new Place(client, namespace)
  }

  /** As an old recorder writes it. */
  coreEvent(name: string, more: object = {}) {
    return {
      metadata: { name },
      involvedObject: {
        kind: 'Pod',
        namespace: this.namespace,
        name: 'web',
        apiVersion: 'v1',
        uid: 'u-1',
        fieldPath: 'spec.containers{web}',
      },
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting',
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:01:00Z',
      count: 2,
      ...more,
    }
  }

  /** As a new recorder writes it. */
  newEvent(name: string, more: object = {}) {
    return {
      metadata: { name },
      regarding: { kind: 'Pod', namespace: this.namespace, name: 'web', apiVersion: 'v1' },
      related: { kind: 'Node', name: 'node-1' },
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note: 'Assigned',
      reportingController: 'kec.dev/test',
      reportingInstance: 'test-0',
      eventTime: '2026-01-01T00:00:00.000001Z',
      ...more,
    }
  }

  /** Creates through core/v1; answers what the server says. */
  async create(name: string, more: object = {}): Promise<Answer['body']> {
    return expected(201, await this.client.post(this.core, this.coreEvent(name, more)))
  }

  async patch(name: string, change: object): Promise<Answer['body']> {
    return expected(200, await this.client.patch(`${this.core}/${name}`, change))
  }

  async delete(name: string): Promise<void> {
    expected(200, await this.client.delete(`${this.core}/${name}`))
  }

  async list(query = ''): Promise<Answer['body']> {
    return expected(200, await this.client.get(`${this.core}${query}`))
  }
}

/** The body of an answer that must have this status. */
export function expected(status: number, answer: Answer): Answer['body'] {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  return answer.body
}

/** A refusal's code, reason and message, as one thing to compare. */
export function refusal({ status, body }: Answer) {
  assert.equal(body.kind, 'Status', JSON.stringify(body))
  assert.equal(body.status, 'Failure')
  assert.equal(body.code, status)
  return { code: body.code, reason: body.reason, message: body.message }
}

/** A 422's fields. */
export function causesOf(answer: Answer): string[] {
  assert.equal(refusal(answer).reason, 'Invalid')
  return answer.body.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`)
}

/** Without what differs from server to server: managedFields (who wrote what), which the sandbox does not keep. */
export function withoutManaged<T extends { metadata: object }>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as { managedFields?: unknown } // absent in the sandbox
  return { ...object, metadata }
}

export const namesOf = (list: Answer['body']): string[] => list.items.map((item: { metadata: { name: string } }) => item.metadata.name)
