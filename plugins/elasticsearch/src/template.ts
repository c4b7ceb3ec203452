import { createHash } from 'node:crypto'
import type { Log } from '@kec/plugin-api'
import type { Elasticsearch } from './client.ts'
import { ElasticsearchProblem } from './problem.ts'

/** Raised when the mappings below change. */
const version = 1

/** Above what Elastic ships (100 and less); a template of the operator's own is never outranked, see `findOwn`. */
const priority = 200

/** A component template of the operator's own, where there is one: shards, replicas, a lifecycle policy. */
const custom = 'kec-events@custom'

const keyword = { type: 'keyword', ignore_above: 1024 } as const
/** What a recorder wrote there may be no date: then the event is still worth keeping. */
const date = { type: 'date', ignore_malformed: true } as const
const object = (properties: object) => ({ properties })

/** Nothing is mapped that is not named here, whatever an event holds. */
const mappings = {
  dynamic: false,
  properties: {
    '@timestamp': { type: 'date' },
    ecs: object({ version: keyword }),
    message: { type: 'text' },
    log: object({ level: keyword }),
    event: object({
      kind: keyword,
      module: keyword,
      dataset: keyword,
      id: keyword,
      reason: keyword,
      action: keyword,
      start: date,
      end: date,
    }),
    orchestrator: object({
      type: keyword,
      cluster: object({ name: keyword, id: keyword }),
      namespace: keyword,
      api_version: keyword,
      resource: object({ type: keyword, name: keyword, id: keyword }),
    }),
    kubernetes: object({
      event: object({
        type: keyword,
        count: { type: 'long' },
        occurrences: { type: 'long' },
        change: keyword,
        historical: { type: 'boolean' },
        uid: keyword,
        resource_version: keyword,
        name: keyword,
        field_path: keyword,
        related: object({ api_version: keyword, kind: keyword, namespace: keyword, name: keyword, uid: keyword, field_path: keyword }),
        reporting: object({ controller: keyword, instance: keyword }),
        source: object({ component: keyword, host: keyword }),
        labels: keyword,
        annotations: keyword,
      }),
    }),
  },
} as const

export interface Target {
  /** The template's name. */
  readonly name: string
  /** The name of the data stream, or the index pattern. */
  readonly pattern: string
  /** The data stream or index that an event of now goes into. */
  readonly current: () => string
  readonly isStream: boolean
  /** Elasticsearch's time, or `none`. */
  readonly retention: string
}

interface Template {
  readonly index_patterns: readonly string[]
  readonly priority: number
  readonly version: number
  readonly data_stream?: object
  readonly composed_of?: readonly string[]
  readonly ignore_missing_component_templates?: readonly string[]
  readonly template: { readonly mappings: typeof mappings; readonly lifecycle?: object }
  readonly _meta: { readonly managed_by: 'kec'; readonly content: string }
}

export function templateOf({ pattern, isStream, retention }: Omit<Target, 'name' | 'current'>): Template {
  // Without a retention it is rolled over all the same.
  const lifecycle = isStream ? { lifecycle: retention === 'none' ? {} : { data_retention: retention } } : {}
  const body = {
    index_patterns: [pattern],
    priority,
    version,
    ...(isStream && { data_stream: {} }),
    composed_of: [custom],
    ignore_missing_component_templates: [custom],
    template: { mappings, ...lifecycle },
  }
  const content = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
  return { ...body, _meta: { managed_by: 'kec', content } }
}

/** A template that is there, as far as we look at it. */
interface Installed {
  readonly name: string
  readonly index_template: {
    readonly index_patterns?: readonly string[] | string
    readonly version?: number
    readonly _meta?: { readonly managed_by?: string; readonly content?: string }
  }
}

const needed = 'the cluster privilege manage_index_templates (or template: false, and a template that someone else installs)'

/** Installs the template, unless it is there already, a newer kec's is, or one of the operator's own. */
export async function installTemplate(elasticsearch: Elasticsearch, target: Target, log: Log): Promise<void> {
  const parts = ['index_patterns', 'version', '_meta'].map(part => `index_templates.index_template.${part}`)
  const query = { filter_path: ['index_templates.name', ...parts].join(',') }
  const there = installedIn(await elasticsearch.request({ method: 'GET', path: '/_index_template', query, needed }))
  const own = findOwn(there, target.current())
  if (own !== undefined) {
    log.info(`the index template ${own} is there for ${target.pattern}: kec installs none`)
    return
  }
  const template = templateOf(target)
  const before = there.find(({ name }) => name === target.name)?.index_template
  if (before !== undefined && before._meta?.managed_by !== 'kec') {
    log.warn(
      `the index template ${target.name} is not kec's, and not for ${target.pattern}: it stays, and kec installs none. Choose another name`,
    )
    return
  }
  if (before?._meta?.content === template._meta.content) return
  if ((before?.version ?? 0) > version) {
    log.info(`the index template ${target.name} is of a newer kec (version ${before?.version}): it stays`)
    return
  }
  await put(elasticsearch, target.name, template, log)
}

/** Older ones lack some of it: 8.7 brought the one, 8.11 the other. */
async function put(elasticsearch: Elasticsearch, name: string, template: Template, log: Log): Promise<void> {
  try {
    await elasticsearch.request({ method: 'PUT', path: `/_index_template/${encodeURIComponent(name)}`, body: template, needed })
  } catch (error) {
    const { status, message } = error as ElasticsearchProblem // a request fails with nothing else
    const [, lacking] = (status === 400 && /unknown field \[(lifecycle|ignore_missing_component_templates)\]/.exec(message)) || []
    if (lacking === undefined) throw error
    return put(elasticsearch, name, lacking === 'lifecycle' ? withoutLifecycle(template, log) : withoutCustom(template), log)
  }
  log.info(`the index template ${name} is installed, version ${version}`)
}

function withoutLifecycle(template: Template, log: Log): Template {
  log.warn('this Elasticsearch has no data stream lifecycle (8.11 brought it): it keeps events until you delete them')
  return { ...template, template: { mappings } }
}

function withoutCustom({ composed_of, ignore_missing_component_templates, ...rest }: Template): Template {
  return rest
}

function installedIn(body: unknown): Installed[] {
  if (body === undefined) return []
  // With filter_path and nothing to show, Elasticsearch answers {}.
  const list = typeof body === 'object' && body !== null && 'index_templates' in body ? body.index_templates : []
  if (!Array.isArray(list)) throw new ElasticsearchProblem('Elasticsearch answers with something else than a list of its templates')
  return list as Installed[] // its documented shape
}

/** A template for this index that kec did not make. One for all indices (`*`) is none. */
function findOwn(there: readonly Installed[], index: string): string | undefined {
  const isOwn = ({ index_template: { index_patterns = [], _meta } }: Installed) =>
    _meta?.managed_by !== 'kec' && [index_patterns].flat().some(other => other !== '*' && covers(other, index))
  return there.find(isOwn)?.name
}

/** Elasticsearch's patterns know `*` only. */
function covers(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}
