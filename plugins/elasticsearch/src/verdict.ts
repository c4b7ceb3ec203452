import { type Reason, refusal } from './problem.ts'

/** What became of one event. `again`: it is not the event's fault, and may go well later. */
export type Verdict = 'done' | { readonly outcome: 'reject' | 'again'; readonly reason: string }

/** 400 that is no fault of the document: a closed index, too many shards, a name that is not valid, a routing that the index wants. */
const notTheDocument =
  /^(index_closed_exception|validation_exception|invalid_index_name_exception|action_request_validation_exception|routing_missing_exception)$/
/** `illegal_argument_exception` is said of both. */
const settings = /no write index is defined|pipeline with id|matching index template|data stream|op_type/
/** As the reason begins: further on it may repeat what an event says. */
const fieldLimit = /^(\[\d+:\d+\] failed to parse: )?Limit of total fields \[/

/**
 * Judges the answer to one `create`.
 * @param needed the privilege that it takes, in words
 */
export function judge(status: number, error: Reason, needed: string): Verdict {
  if (status >= 200 && status < 300) return 'done'
  // It is there: an earlier attempt wrote it, and the answer was lost.
  if (status === 409) return 'done'
  if (status === 400 && !concernsIndex(error))
    return { outcome: 'reject', reason: `Elasticsearch refuses it, ${error.type}: ${error.reason}` }
  return { outcome: 'again', reason: refusal(status, error, needed) }
}

/** An operator can mend it, and then the same event is taken. */
function concernsIndex({ type, reason }: Reason): boolean {
  return notTheDocument.test(type) || (type === 'illegal_argument_exception' && settings.test(reason)) || fieldLimit.test(reason)
}
