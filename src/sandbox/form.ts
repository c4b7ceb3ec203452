import type { Column } from './column.ts'
import { apiVersionOf, type Kind } from './kind.ts'
import type { Stored } from './object.ts'
import { ApiError, badRequest } from './status.ts'

/** In which shape a client wants to see objects: as they are, or as the rows of a table. */
export interface Form {
  /** A single object. In a watch only the first one tells the columns. */
  one(object: Stored, isFirst?: boolean): Record<string, unknown>
  /** A list without its items, which come last. */
  list(metadata: object): Record<string, unknown>
  /** An item of a list. */
  item(object: Stored): unknown
}

/** What a client asked for by its Accept header. Throws ApiError 406 where it takes nothing that is served. */
export function formFor(accept: string | undefined, kind: Kind, query: URLSearchParams): Form {
  const clauses = (accept || '*/*').split(',').map(clause => clause.split(';').map(part => part.trim()))
  const served = clauses.filter(([type = '']) => ['application/json', 'application/*', '*/*'].includes(type))
  if (served.length === 0) {
    throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: application/json`, { details: {} })
  }
  for (const [, ...parameters] of served) {
    if (!parameters.some(parameter => parameter.startsWith('as='))) return plain(kind)
    if (['as=Table', 'v=v1', 'g=meta.k8s.io'].every(part => parameters.includes(part))) return table(kind, includes(query))
  }
  throw new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json')
}

function plain(kind: Kind): Form {
  const named = { kind: kind.kind, apiVersion: apiVersionOf(kind) }
  return {
    one: object => ({ ...named, ...kind.encode(object) }),
    list: metadata => ({ kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items: [] }),
    item: object => kind.encode(object),
  }
}

type Included = 'None' | 'Metadata' | 'Object'

function includes(query: URLSearchParams): Included {
  const asked = query.get('includeObject') || 'Metadata'
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked
  const why = `Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${why}`)
}

function table(kind: Kind, included: Included): Form {
  const columnDefinitions = kind.columns.map(definition)
  const head = (metadata: object, columns: unknown = columnDefinitions) => ({
    ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1' },
    metadata,
    columnDefinitions: columns,
    rows: [],
  })
  const { one } = plain(kind)
  const objectIn = (object: Stored): unknown => {
    if (included === 'None') return null
    if (included === 'Object') return one(object)
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
  }
  const item = (object: Stored) => {
    const now = Date.now()
    return { cells: kind.columns.map(column => column.cell(object, now)), object: objectIn(object) }
  }
  return {
    one: (object, isFirst = true) => {
      const { resourceVersion } = object.metadata
      return { ...head({ resourceVersion }, isFirst ? columnDefinitions : null), rows: [item(object)] }
    },
    list: metadata => head(metadata),
    item,
  }
}

const definition = ({ name, wide }: Column) => ({
  name,
  type: 'string',
  format: name === 'Name' ? 'name' : '',
  description: '',
  priority: wide ? 1 : 0,
})
