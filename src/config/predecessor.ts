import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from './define.ts'
import { problemsOf } from './issues.ts'
import type { Problem } from './problems.ts'

/** What the predecessor's config.yaml says, in kec's own words. */
export interface Translation {
  readonly config: Config
  readonly notices: readonly string[]
  /** Values that are never shown. */
  readonly secrets: readonly string[]
  readonly problems: readonly Problem[]
}

/** A key without a value is as if it were not there. */
const orNothing = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(value => value ?? undefined, schema.optional())

const flag = orNothing(z.boolean({ error: 'must be true or false' }))
const text = orNothing(z.string({ error: 'must be a text' }))

/** All its keys. It ignored others, so they are no mistakes here either. */
const shape = z.object({
  kubeConfig: text,
  filterEventLevel: orNothing(z.enum(['', 'Normal', 'Warning'], { error: 'must be Warning (all but Normal), Normal or "" (all)' })),
  elasticSearchEndpoint: text,
  logFilePath: text,
  mode: orNothing(z.object({ log: flag, prometheus: flag, message: flag, elasticSearch: flag })),
  sender: orNothing(
    z.object({
      remote: text,
      port: orNothing(z.union([z.number(), z.string()])),
      email: text,
      password: text,
      targets: orNothing(z.union([z.string(), z.array(z.string())])),
    }),
  ),
})

const keys = Object.keys(shape.shape)

const isUrl = (value: unknown): boolean => /^https?:$/.test(URL.parse(String(value))?.protocol ?? '')
const isPort = (value: unknown): boolean => /^\d+$/.test(String(value)) && Number(value) >= 1 && Number(value) <= 65_535
/** Alone, or with a name before it. */
const isMailAddress = (value: unknown): boolean =>
  /^([^<>@]*<[^\s<>@",;:]+@[^\s<>@",;:]+>|[^\s<>@",;:]+@[^\s<>@",;:]+)$/.test(String(value))

/** What a mode must have that is on; other keys may be wrong, too. */
const needs: readonly {
  readonly mode: 'elasticSearch' | 'message'
  readonly path: string[]
  readonly isThere: (config: z.output<typeof shape>) => boolean
  readonly what: string
}[] = [
  {
    mode: 'elasticSearch',
    path: ['elasticSearchEndpoint'],
    isThere: ({ elasticSearchEndpoint }) => isUrl(elasticSearchEndpoint),
    what: 'the address of Elasticsearch, such as http://es.example.org:9200',
  },
  {
    mode: 'message',
    path: ['sender', 'remote'],
    isThere: ({ sender }) => Boolean(sender?.remote),
    what: 'the mail server, such as smtp.example.org',
  },
  {
    mode: 'message',
    path: ['sender', 'port'],
    isThere: ({ sender }) => sender?.port === undefined || isPort(sender.port),
    what: 'the port of the mail server, such as 465',
  },
  {
    mode: 'message',
    path: ['sender', 'email'],
    isThere: ({ sender }) => isMailAddress(sender?.email),
    what: 'the address that mails come from, such as kec@example.org',
  },
  {
    mode: 'message',
    path: ['sender', 'targets'],
    isThere: ({ sender }) => {
      const targets = [sender?.targets ?? []].flat()
      return targets.length > 0 && targets.every(isMailAddress)
    },
    what: 'who gets mails, such as oncall@example.org, or a list of them',
  },
]

const schema = needs.reduce(
  (schema, { mode: name, path, isThere, what }) =>
    schema.refine(config => config.mode?.[name] !== true || isThere(config), {
      path,
      error: `must be ${what}, or mode.${name} false`,
      when: () => true,
    }),
  shape,
)

/** Known by its keys: at least one of the predecessor's, and none of kec's. */
export function isPredecessor(config: unknown, ownKeys: readonly string[]): boolean {
  if (typeof config !== 'object' || config === null) return false
  return keys.some(key => Object.hasOwn(config, key)) && !ownKeys.some(key => Object.hasOwn(config, key))
}

/** Translates the predecessor's config.yaml. Its meaning stays, with what it did without being asked: it served on all addresses. */
export function translatePredecessor(config: unknown): Translation {
  const parsed = schema.safeParse(config)
  if (!parsed.success) return { config: {}, notices: [], secrets: [], problems: problemsOf(parsed.error.issues, schema, config, []) }
  const { kubeConfig, filterEventLevel, elasticSearchEndpoint, logFilePath, mode = {}, sender } = parsed.data

  const notices = [
    'This is a configuration of kube-event-collector; it is run as kec understands it.',
    'The server listens on 0.0.0.0:8080, as before: anyone who reaches this machine can read it.',
  ]
  const unknown = Object.keys(config as object).filter(key => !keys.includes(key)) // the schema took it, so it is an object
  if (unknown.length > 0) notices.push(`Not known, and passed over, as before: ${unknown.join(', ')}.`)

  const plugins: NonNullable<Config['plugins']>[number][] = []
  if (mode.log) {
    plugins.push({ use: 'log', options: logFilePath ? { file: join(logFilePath, 'event.log') } : {} })
    if (!logFilePath) notices.push('mode.log is on without a logFilePath: the log goes to stdout.')
  }
  if (mode.prometheus) plugins.push({ use: 'metrics', options: { legacy: true } })
  // Into its index, as documents of kec's own: the field names are others.
  if (mode.elasticSearch) plugins.push({ use: 'elasticsearch', options: { node: elasticSearchEndpoint, index: 'events' } })
  if (mode.message && sender) {
    const { remote, port, email, password, targets } = sender
    const login = password ? { password } : {} // of the user `email`
    plugins.push({ use: 'email', options: { host: remote, ...(port && { port: Number(port) }), from: email, to: targets, ...login } })
    notices.push(`mode.message is on: events come gathered, a mail every 5 min at most, and only if the certificate of ${remote} is good.`)
  }

  return {
    config: {
      source: kubeConfig ? { kubeconfig: kubeConfig } : {},
      filter: filterEventLevel ? { level: filterEventLevel } : {},
      server: { host: '0.0.0.0', port: 8080 },
      plugins,
    },
    notices,
    secrets: [sender?.password ?? [], passwordIn(elasticSearchEndpoint) ?? []].flat().filter(Boolean),
    problems: [],
  }
}

/** As it stands there. */
function passwordIn(address: string | undefined): string | undefined {
  return /^https?:\/\/[^/@:]*:([^/@]+)@/.exec(address ?? '')?.[1]
}
