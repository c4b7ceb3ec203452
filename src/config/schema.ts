import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { parseBytes, someBytes } from '../bytes.ts'
import { aDuration, parseDuration } from '../duration.ts'

const duration = z.string({ error: 'must be a time such as "24h"' }).transform((text, context) => {
  const parsed = parseDuration(text)
  if (parsed === undefined) context.issues.push({ code: 'custom', input: text, message: `must be a time: ${aDuration}` })
  return parsed ?? z.NEVER
})

/** What SQLite keeps beside the file, the ledger and one large list must have room in it, or nothing would stay. */
const leastBytes = 16 * 1024 ** 2

const bytes = z.union([z.number(), z.string()], { error: `must be ${someBytes}` }).transform((value, context) => {
  const parsed = parseBytes(String(value))
  const message = parsed === undefined ? `must be ${someBytes}` : parsed < leastBytes ? 'must be at least 16MiB' : undefined
  if (message !== undefined) context.issues.push({ code: 'custom', input: value, message })
  return parsed ?? z.NEVER
})

const text = z.string({ error: 'must be a text' })
const filled = text.min(1, { error: 'must not be empty' })

/** A path; `~` is the home folder, as in a shell. */
const path = filled.transform(value => (value.startsWith('~/') ? join(homedir(), value.slice(2)) : value))

/** A number may come as text: a reference gives nothing else. */
const port = z.preprocess(
  value => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z.int({ error: 'must be a port: a whole number from 0 (any free one) to 65535' }).min(0).max(65_535, {
    error: 'must be a port: a whole number from 0 (any free one) to 65535',
  }),
)

const level = z.enum(['Normal', 'Warning'], { error: 'must be Warning (all but Normal) or Normal (all)' })

const glob = z
  .string({ error: 'must be a text with * and ?, or a list of those' })
  .refine(value => !/^\/.+\/$/.test(value), { error: 'looks like a regular expression, which kec does not know; use * and ?' })

const pattern = z.union([glob, z.array(glob).min(1, { error: 'is an empty list, which no event matches; fill it, or remove it' })], {
  error: 'must be a text with * and ?, or a list of those',
})

const rule = z
  .strictObject(
    {
      type: pattern.optional(),
      reason: pattern.optional(),
      kind: pattern.optional(),
      namespace: pattern.optional(),
      name: pattern.optional(),
    },
    {
      error: issue => (issue.code === 'unrecognized_keys' ? undefined : 'must be a rule such as { reason: "Pulled" }, or a list of rules'),
    },
  )
  .refine(value => Object.keys(value).length > 0, {
    error: 'is an empty rule, which every event matches; give it a field, or remove it',
    when: found => found.issues.length === 0, // a rule whose one field is misspelt is not empty
  })

/** Which events: one rule, or a list of which one must hold. */
export const rules = z.union([rule, z.array(rule).min(1, { error: 'is an empty list, which no event matches; fill it, or remove it' })], {
  error: 'must be a rule such as { reason: "Pulled" }, or a list of rules',
})

const whole = (least: number, what: string) => z.int({ error: what }).min(least, { error: what })

/** How a sink wants its batches. */
export const delivery = z.strictObject({
  maxBatch: whole(1, 'must be a whole number of events, at least 1').max(100_000, { error: 'must be at most 100000 events' }).optional(),
  linger: whole(0, 'must be a whole number of milliseconds, at least 0').optional(),
  timeout: whole(1, 'must be a whole number of milliseconds, at least 1')
    .max(2 ** 31 - 1, { error: 'must be under 25 days' })
    .optional(),
  maxAttempts: whole(1, 'must be a whole number of attempts, at least 1').optional(),
})

/** The name of an entry: it stands in the journal, in metrics and in the log. */
export const entryName = z
  .string({ error: 'must be a text' })
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, { error: 'must be 1 to 63 letters, digits, ".", "_" or "-", and begin with a letter or digit' })

const includedNamespace = text.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: 'must be the full name of a namespace: each is watched on its own. Patterns belong into exclude, or filter.match',
})

const source = z.strictObject({
  /** The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the cluster that kec runs in. */
  kubeconfig: path.optional(),
  /** The context of the kubeconfig. Default: its current one. */
  context: filled.optional(),
  namespaces: z
    .strictObject({
      /** Only these are watched, each with a list and watch of its own. Default: all, with one. */
      include: z.array(includedNamespace).min(1, { error: 'is an empty list; leave it out to watch all namespaces' }).optional(),
      /** Events of these are not kept; `*` and `?` as in rules. */
      exclude: z.array(glob).optional(),
    })
    .optional(),
  /** As kubectl takes it, such as `involvedObject.kind=Pod`. The API server selects. */
  fieldSelector: filled.optional(),
  labelSelector: filled.optional(),
  /** What was there before kec first looked is delivered, marked as historical (`all`), or skipped (`now`). Default `all`. */
  startFrom: z.enum(['all', 'now'], { error: 'must be all or now' }).default('all'),
})

const filter = z.strictObject({
  /** `Warning` keeps all but Normal. Default: all are kept. */
  level: level.optional(),
  /** Only events for which one of these rules holds are kept. */
  match: rules.optional(),
  /** Events for which one of these rules holds are not kept, even if `match` holds. */
  drop: z.union([rule, z.array(rule)], { error: 'must be a rule such as { reason: "Pulled" }, or a list of rules' }).optional(),
})

const journal = z.strictObject({
  /** Its folder. Default: $XDG_STATE_HOME/kec/CLUSTER. */
  dir: path.optional(),
  /** How long events are kept at least, such as `24h`, once all sinks have them. Default 24h. */
  maxAge: duration.prefault('24h'),
  /** How much disk it may take, such as `500MiB`: then the oldest events go, even if a sink has not had them. Default 1GiB. */
  maxBytes: bytes.prefault('1GiB'),
})

const server = z.strictObject({
  /** Default 127.0.0.1: only this machine. */
  host: filled.default('127.0.0.1'),
  /** Default 8080. */
  port: port.default(8080),
})

const log = z.strictObject({
  /** How much kec says of itself. Default info. */
  level: z.enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' }).default('info'),
})

/** The configuration, but for the entries of `plugins`, which the host checks. */
export const schema = z.strictObject({
  /** What kec calls the cluster. Default: what the kubeconfig's context calls it, else `default`. */
  cluster: text
    .regex(/^[^\p{C}/\\]{1,253}$/u, { error: 'must be 1 to 253 characters, none of them a slash or invisible' })
    .refine(value => !/^\.+$/.test(value), { error: 'names a folder, which dots alone cannot; give it a letter' })
    .optional(),
  source: source.prefault({}),
  filter: filter.prefault({}),
  plugins: z.array(z.unknown(), { error: 'must be a list of plugins' }).optional(),
  journal: journal.prefault({}),
  server: server.prefault({}),
  log: log.prefault({}),
})

export type Settings = Omit<z.output<typeof schema>, 'plugins'>
