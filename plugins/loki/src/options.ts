import { X509Certificate } from 'node:crypto'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'
import { ownLabels } from './labels.ts'

const succeeds = (check: () => unknown): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}

/** Text that goes out as a header. It may be a secret, so the message does not repeat it. */
const headerValue = z
  .string()
  .min(1)
  .refine(value => succeeds(() => validateHeaderValue('x', value)), 'has a character that no HTTP header may have, such as a line end')

/** What a push says of itself. */
const reserved = ['connection', 'content-encoding', 'content-length', 'content-type', 'host', 'transfer-encoding']

function headerProblem(name: string): string | undefined {
  if (!succeeds(() => validateHeaderName(name))) return 'is no name of an HTTP header'
  return reserved.includes(name.toLowerCase()) ? 'is set by kec itself' : undefined
}

function labelProblem(name: string): string | undefined {
  if (!/^[a-zA-Z_]\w*$/.test(name)) return 'is no label name: letters, digits and _, no digit first'
  if (name.startsWith('__')) return 'must not begin with __: those are for Loki itself'
  return ownLabels.some(own => own === name) ? `must not be one of ${ownLabels.join(', ')}: those come from kec and the events` : undefined
}

/** A record whose keys have rules: zod's own would not say which one was broken. */
const recordOf = (value: z.ZodString, problemOf: (name: string) => string | undefined) =>
  z.record(z.string(), value).superRefine((record, context) => {
    for (const name of Object.keys(record)) {
      const message = problemOf(name)
      if (message) context.addIssue({ code: 'custom', path: [name], message })
    }
  })

export const options = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be a URL such as http://loki:3100' })
      .refine(holdsNoCredentials, 'must not hold credentials: give `basic` or `bearer`')
      .describe('of Loki; `/loki/api/v1/push` is added unless its path ends in `/push`; a query stays'),
    tenant: headerValue.optional().describe('goes out as `X-Scope-OrgID`'),
    basic: z
      .strictObject({
        username: z.string().min(1).describe('for Grafana Cloud the number of the instance'),
        password: z.string().describe('for Grafana Cloud an access token'),
      })
      .optional(),
    bearer: headerValue.optional().describe('a token that goes out as `Authorization: Bearer`'),
    headers: recordOf(headerValue, headerProblem).optional().describe('more headers'),
    labels: recordOf(z.string().min(1).max(1024), labelProblem)
      .refine(labels => Object.keys(labels).length <= 10, "must be 10 at most: Loki takes 15 with kec's own")
      .optional()
      .describe('more labels, the same for every event; `job` may be given another value than `kec`'),
    line: z
      .enum(['message', 'json'])
      .default('message')
      .describe("what the log line is: the event's `message`, or all of it as the log plugin writes it (`json`)"),
    structuredMetadata: z
      .boolean()
      .default(true)
      .describe('the other fields as structured metadata; Loki before 3.0 must be told to take it, else set false and `line: json`'),
    maxLabelValues: z
      .int()
      .min(1)
      .default(200)
      .describe('values of `namespace`, and of `kind`, within an hour; further ones are `other`, and the true one is metadata'),
    maxStreams: z.int().min(10).default(1000).describe('streams within an hour; what comes then is `other` in type, kind and namespace'),
    maxBytes: z
      .int()
      .min(16_384)
      .default(1_048_576)
      .describe('bytes of a push before gzip; a larger batch goes out in several, one after another'),
    gzip: z.boolean().default(true).describe('compress pushes'),
    ca: z
      .string()
      .refine(pem => succeeds(() => new X509Certificate(pem)), `must be certificates in PEM, not a path: '\${file:/etc/kec/ca.pem}'`)
      .optional()
      .meta({
        description: `the CAs that may vouch for the server, instead of the usual ones, as PEM: \`'\${file:/etc/kec/ca.pem}'\``,
        without: 'the usual CAs',
      }),
    insecure: z.boolean().default(false).describe('do not verify the certificate of an https URL'),
  })
  .refine(({ basic, bearer, headers }) => [basic, bearer, Object.keys(headers ?? {}).some(isAuthorization)].filter(Boolean).length <= 1, {
    message: '`basic`, `bearer` and a header Authorization exclude each other',
    path: ['bearer'],
  })

function holdsNoCredentials(url: string): boolean {
  const { username = '', password = '' } = URL.parse(url) ?? {}
  return username + password === ''
}

export type Options = z.output<typeof options>

export function holdsLogin({ basic, bearer, headers = {} }: Options): boolean {
  return (basic ?? bearer) !== undefined || Object.keys(headers).some(isAuthorization)
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization'
}
