import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { isIndexName, isIndexPattern } from './names.ts'

const filled = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' })

const url = filled.refine(value => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
  error: 'must be an address such as "https://es.example.org:9200"',
})

const keys = z.strictObject({
  node: z
    .union([url, z.array(url).min(1, { error: 'must name a node' })], { error: 'must be an address, or a list of those' })
    .optional()
    .meta({ description: 'address of Elasticsearch, or a list of its nodes; one of these two', without: '`cloudId`' }),
  cloudId: filled
    .regex(/:/, { error: 'must be a cloud ID as Elastic Cloud shows it: name:characters' })
    .optional()
    .meta({ description: 'Elastic Cloud: the cloud ID of the deployment', without: '`node`' }),
  apiKey: filled.optional().describe('an API key, encoded (base64 of id:key), as Kibana shows it'),
  username: filled.optional().describe('name for basic authentication'),
  password: filled.optional().describe('its password'),
  ca: z.string().refine(isPem, { error: `must be certificates in PEM, not a path: '\${file:/etc/kec/ca.pem}'` }).optional().meta({
    description: `the CAs that may vouch for the server, instead of the usual ones, as PEM: \`'\${file:/etc/kec/ca.pem}'\``,
    without: 'the usual CAs',
  }),
  caFingerprint: filled
    .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, { error: 'must be a SHA-256 fingerprint: 64 hexadecimal digits' })
    .optional()
    .describe('instead of `ca`: the SHA-256 fingerprint of the CA, as Elasticsearch prints it at its first start'),
  insecure: z.boolean().default(false).describe('true: the certificate is not verified'),
  headers: z.record(filled, z.string()).default({}).describe('further headers of each request'),
  compression: z.boolean().default(true).describe('gzip what is sent'),
  timeout: z.int().min(1).default(30_000).describe('milliseconds that one request may take'),
  stream: filled
    .refine(isIndexName, { error: 'must be a name that Elasticsearch takes: lower case, without \\ / * ? " < > | , # : and spaces' })
    .optional()
    .meta({ description: 'the data stream', without: '`kec-events-CLUSTER`' }),
  index: filled
    .refine(isIndexPattern, { error: 'must be an index name, or one with a date: events, events-{yyyy.MM.dd}, events-{yyyy.MM}' })
    .optional()
    .describe("instead of `stream`: an index, or one for each day, month or year of the event's time (UTC), such as `events-{yyyy.MM.dd}`"),
  template: z.boolean().default(true).describe('install the index template, unless there is one of yours'),
  retention: z
    .string()
    .regex(/^([1-9]\d*[dhm]|none)$/, { error: 'must be a time such as "30d" or "12h", or "none"' })
    .default('30d')
    .describe('how long Elasticsearch keeps events of a data stream that kec made, or `none`: for ever'),
  maxBytes: z
    .int()
    .min(1024)
    .default(5 * 1024 * 1024)
    .describe('bytes of one bulk request at most, before gzip; a single event may exceed it'),
})

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}

export type Options = z.output<typeof keys>

/** What concerns two keys at once. */
function conflicts(o: Options): [key: keyof Options, message: string][] {
  const found: [keyof Options, string][] = []
  if (o.node === undefined && o.cloudId === undefined) found.push(['node', 'is missing; give the address of Elasticsearch, or cloudId'])
  if (o.username !== undefined && o.password === undefined) found.push(['password', 'is missing; username needs it'])
  if (o.username === undefined && o.password !== undefined) found.push(['username', 'is missing; password needs it'])
  for (const [one, other] of alternatives)
    if ((o[one] ?? false) !== false && o[other] !== undefined) found.push([other, `is given beside ${one}; keep one of them`])
  return found
}

const alternatives = [
  ['node', 'cloudId'],
  ['stream', 'index'],
  ['apiKey', 'username'],
  ['ca', 'caFingerprint'],
  ['cloudId', 'caFingerprint'],
  ['insecure', 'caFingerprint'],
] as const

export const options = keys.superRefine((given, context) => {
  for (const [key, message] of conflicts(given)) context.addIssue({ code: 'custom', path: [key], message })
})
