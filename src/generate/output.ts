import type { Writable } from 'node:stream'
import { stringify } from 'yaml'
import { printable } from '../printable.ts'
import type { ApiObject } from './api.ts'
import type { Target } from './target.ts'
import type { Output, Wish } from './wish.ts'

/** Writes events as kubectl does: one JSON or YAML document each, or names that kubectl get takes. */
export function eventWriter(output: Output, to: Writable): (event: ApiObject) => void {
  let separator = ''
  return ({ metadata: { managedFields: _, ...metadata } = {}, ...rest }) => {
    const event = { apiVersion: rest.apiVersion, kind: rest.kind, metadata, ...rest }
    if (output === 'json') to.write(`${JSON.stringify(event, null, 2)}\n`)
    else if (output === 'yaml') to.write(`${separator}${stringify(event)}`)
    else to.write(`${rest.apiVersion === 'v1' ? 'event' : 'event.events.k8s.io'}/${metadata.name}\n`)
    separator = '---\n'
  }
}

/** One line: what was created, where, and how to see it. */
export function summary(target: Target, wish: Wish, created: number, lastName: string): string {
  const { namespace, regarding } = target
  const about = `${wish.type} ${wish.reason}, about ${regarding.kind} ${regarding.name}, in namespace ${namespace}`
  if (wish.count > 1) {
    const some = created === wish.count ? `${created}` : `${created} of ${wish.count}`
    return line(`Created ${some} events: ${about}. See them: kubectl get events -n ${namespace} --field-selector ${selector(wish.reason)}`)
  }
  const what = created > 1 ? `Created an event that happened ${created} times` : 'Created an event'
  return line(`${what}: ${about}. See it: kubectl get event -n ${namespace} ${lastName}`)
}

export function dryRunSummary({ namespace, regarding }: Target, wish: Wish): string {
  const what = wish.count > 1 ? `${wish.count} events` : wish.repeat > 1 ? `an event that happens ${wish.repeat} times` : 'an event'
  const about = `${wish.type} ${wish.reason}, about ${regarding.kind} ${regarding.name}, in namespace ${namespace}`
  return line(`Would create ${what}: ${about}. Nothing was created (--dry-run).`)
}

const line = (text: string) => `${printable(text)}\n`

/** For a shell: a reason may hold a space, a comma or a quote. */
function selector(reason: string): string {
  const text = `reason=${reason.replace(/[\\,=]/g, '\\$&')}`
  return /^[\w=.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
