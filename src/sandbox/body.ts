import type { IncomingMessage } from 'node:http'
import { isRecord, type Kind } from './kind.ts'
import { namespaces } from './kinds.ts'
import { namesInProtobuf } from './protobuf.ts'
import { ApiError, badRequest } from './status.ts'

/** What etcd takes at most. */
const maxBytes = 1.5 * 1024 * 1024

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  // Read to its end even if it is too large: an answer before that can be lost with the connection.
  for await (const piece of request) {
    bytes += piece.length
    if (bytes <= maxBytes) pieces.push(piece)
  }
  if (bytes > maxBytes) throw new ApiError(500, undefined, 'etcdserver: request is too large')
  return Buffer.concat(pieces)
}

const readText = async (request: IncomingMessage): Promise<string> => (await readBytes(request)).toString()

const isKubectl = (request: IncomingMessage): boolean => (request.headers['user-agent'] ?? '').startsWith('kubectl/')
/** Some of its commands send protobuf. */
const remedy = '. This one works: kubectl create … --dry-run=client -o yaml | kubectl create -f -'

const contentType = (request: IncomingMessage): string => (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''

/** The object in the body. `empty` stands for a body that is not there. Throws ApiError 400, 415, and 500 if it is too large. */
export async function readObject(request: IncomingMessage, kind: Kind, empty = ''): Promise<Record<string, unknown>> {
  const type = contentType(request)
  const isProtobuf = type === 'application/vnd.kubernetes.protobuf' && kind === namespaces
  if (type !== '' && type !== 'application/json' && !isProtobuf) {
    const why = 'the body of the request was in an unknown format - accepted media types include: application/json'
    throw new ApiError(415, 'UnsupportedMediaType', `${why}${isKubectl(request) ? remedy : ''}`)
  }
  const value = isProtobuf ? namesInProtobuf(await readBytes(request)) : parse((await readText(request)) || empty)
  if (isRecord(value)) return value
  const why = `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind`
  throw badRequest(`${why}; json parse error`)
}

/**
 * A merge patch, or a strategic one where that means the same: none of an event's fields is merged by key, and lists of other objects
 * would be. Throws ApiError 400, 415, and 500 if it is too large.
 */
export async function readPatch(request: IncomingMessage, kind: Kind): Promise<Record<string, unknown>> {
  const type = contentType(request)
  const isStrategic = type === 'application/strategic-merge-patch+json'
  if (type !== 'application/merge-patch+json' && !isStrategic) {
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', { details: {} })
  }
  const value = parse(await readText(request))
  if (isRecord(value)) {
    if (!isStrategic || kind.place === 'events' || !mergesByKey(value)) return value
    const why = `the sandbox cannot merge lists of ${kind.resource} by their keys: send the whole object, or a merge patch with whole lists`
    throw new ApiError(415, 'UnsupportedMediaType', why)
  }
  throw badRequest(
    `error decoding patch: ${Array.isArray(value) ? 'json: cannot unmarshal array into Go value of type map[string]interface {}' : 'invalid'}`,
  )
}

/** Whether the patch has lists of objects, or says how to merge. */
function mergesByKey(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isRecord)
  return isRecord(value) && Object.entries(value).some(([name, inner]) => name.startsWith('$') || mergesByKey(inner))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
