import type { Delivery, KubeEvent, Log } from '@kec/plugin-api'
import type { Elasticsearch } from './client.ts'
import { documentId, documentOf } from './document.ts'
import { ElasticsearchProblem, reasonOf } from './problem.ts'
import { judge, type Verdict } from './verdict.ts'

/** An event as it is sent. */
interface Line {
  readonly event: KubeEvent
  readonly id: string
  readonly text: string
  readonly bytes: number
}

export interface BulkOptions {
  readonly maxBytes: number
  /** The data stream or index that an event belongs into. */
  readonly indexOf: (event: KubeEvent) => string
  /** The privileges that it takes, in words. */
  readonly needed: string
  readonly log: Log
}

/** Hands batches to Elasticsearch's bulk API, and judges them event by event. */
export class Bulk {
  readonly #elasticsearch: Elasticsearch
  readonly #options: BulkOptions
  /** Of one request. Falls when one was too large. */
  #maxBytes: number

  constructor(elasticsearch: Elasticsearch, options: BulkOptions) {
    this.#elasticsearch = elasticsearch
    this.#options = options
    this.#maxBytes = options.maxBytes
  }

  /**
   * Marks what is refused, and what must come again. Throws if nothing of the batch could be settled.
   * After the first request that fails, the rest of the batch is not tried.
   */
  async deliver(batch: readonly KubeEvent[], delivery: Delivery): Promise<void> {
    const requests = split(
      batch.map(event => this.#lineOf(event)),
      this.#maxBytes,
    )
    const again: Line[] = []
    let trouble: string | undefined
    for (let lines = requests.shift(); lines !== undefined; lines = requests.shift()) {
      try {
        const verdicts = await this.#send(lines, delivery.signal)
        for (const [i, line] of lines.entries()) {
          const verdict = verdicts[i]
          if (verdict === 'done' || verdict === undefined) continue
          if (verdict.outcome === 'reject') delivery.reject(line.event, verdict.reason)
          else {
            again.push(line)
            trouble ??= verdict.reason
          }
        }
      } catch (error) {
        if (!(error instanceof ElasticsearchProblem)) throw error
        if (error.status === 413) {
          if (lines.length > 1) requests.unshift(...this.#halve(lines))
          else for (const { event, bytes } of lines) delivery.reject(event, `too large for Elasticsearch (413): ${bytes} bytes`)
          continue
        }
        if (error.retryAfter !== undefined) delivery.slowDown(error.retryAfter)
        again.push(...lines)
        trouble = error.message
      }
      if (trouble !== undefined) again.push(...requests.splice(0).flat())
    }
    if (trouble === undefined) return
    for (const { event } of again) delivery.retry(event)
    if (again.length === batch.length) throw new ElasticsearchProblem(trouble)
    this.#options.log.warn(`${again.length} of ${batch.length} events must come again: ${trouble}`)
  }

  #lineOf(event: KubeEvent): Line {
    const id = documentId(event)
    const action = { create: { _index: this.#options.indexOf(event), _id: id } }
    const text = `${JSON.stringify(action)}\n${JSON.stringify(documentOf(event))}\n`
    return { event, id, text, bytes: Buffer.byteLength(text) }
  }

  /** What was too large once is not sent so large again. */
  #halve(lines: readonly Line[]): Line[][] {
    this.#maxBytes = Math.ceil(lines.reduce((sum, { bytes }) => sum + bytes, 0) / 2)
    this.#options.log.info(`a bulk request was too large for Elasticsearch (413): from now on ${this.#maxBytes} bytes at most`)
    return split(lines, this.#maxBytes)
  }

  async #send(lines: readonly Line[], signal: AbortSignal): Promise<Verdict[]> {
    const { needed } = this.#options
    const answer = await this.#elasticsearch.request({
      method: 'POST',
      path: '/_bulk',
      query: { filter_path: 'items.*._id,items.*.status,items.*.error' },
      lines: lines.map(({ text }) => text).join(''),
      signal,
      needed,
    })
    return resultsIn(answer, lines).map(({ status, error }) => judge(status, reasonOf(error), needed))
  }
}

/** As many as fit into so many bytes, at least one. */
function split(lines: readonly Line[], maxBytes: number): Line[][] {
  const requests: Line[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const line of lines) {
    if (bytes + line.bytes > maxBytes) {
      requests.push([])
      bytes = 0
    }
    requests.at(-1)?.push(line)
    bytes += line.bytes
  }
  return requests
}

interface Result {
  readonly _id: string
  readonly status: number
  readonly error?: unknown
}

/** One result for each line, in their order; anything else proves nothing about any of them. */
function resultsIn(answer: unknown, lines: readonly Line[]): Result[] {
  const items = typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items) ? answer.items : []
  const results = items.map(item => item?.create as Result | undefined) // each is looked at below
  const fits = (result: Result | undefined, i: number): result is Result =>
    result?._id === lines[i]?.id && typeof result?.status === 'number'
  if (results.length === lines.length && results.every(fits)) return results
  throw new ElasticsearchProblem('Elasticsearch answers with something else than one result for each event that was sent')
}
