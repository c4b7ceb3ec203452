import { statSync } from 'node:fs'
import { request } from 'node:http'
import { type Code, codes, errorOf, KecError } from '../errors.ts'
import { addressOf } from './address.ts'

/** ms. A plugin that blocks the thread makes kec late. */
const patience = 15_000
/** Bytes. What is longer does not come from a kec. */
const longestAnswer = 64 * 1024 * 1024

/** No kec listens there. */
export const noKec = Symbol('no kec')

/**
 * Asks the kec that listens on this socket, and gives its answer; `noKec` if none does. Throws KecError: what kec answered, or KEC_CONTROL if
 * it cannot be asked.
 */
export async function ask(socket: string, name: string, wish?: unknown, limit = patience): Promise<unknown> {
  try {
    const { status, text } = await exchange(socket, name, wish, limit)
    return read(status, text, name)
  } catch (error) {
    if (error instanceof KecError) throw error
    const { code } = error as NodeJS.ErrnoException // of another error it is undefined
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') return noKec
    throw explained(error, code, socket, limit)
  }
}

async function exchange(socket: string, name: string, wish: unknown, limit: number): Promise<{ status: number; text: string }> {
  const { path: socketPath, release } = addressOf(socket)
  try {
    return await new Promise((resolve, reject) => {
      const method = wish === undefined ? 'GET' : 'POST'
      const asked = request({ socketPath, path: `/${name}`, method, signal: AbortSignal.timeout(limit), agent: false }, response => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes > longestAnswer) asked.destroy(new Error('its answer has no end'))
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
        response.on('error', reject)
      })
      asked.on('error', reject)
      asked.end(wish === undefined ? undefined : JSON.stringify(wish))
    })
  } finally {
    release()
  }
}

function read(status: number, text: string, name: string): unknown {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw new Error('its answer is not JSON')
  }
  if (status === 200) return answer
  if (status === 404)
    throw new KecError(
      'KEC_CONTROL',
      `The kec that runs does not know ${name}: it is of another version.`,
      'Use the kec that it is started with.',
    )
  const { code, message, fix } = answer as Partial<Record<string, unknown>> // an object or not, what is missing is undefined
  if (status !== 400 || typeof code !== 'string') throw new Error('it failed; its log says why')
  throw new KecError(Object.hasOwn(codes, code) ? (code as Code) : 'KEC_CONTROL', String(message), String(fix ?? ''))
}

function explained(error: unknown, code: string | undefined, socket: string, limit: number): KecError {
  const what = (message: string, fix: string) => new KecError('KEC_CONTROL', message, fix, { cause: error })
  if (code === 'EACCES' || code === 'EPERM') {
    return what(`Only its owner may ask the kec that listens on ${socket}.`, `Run this command as ${ownerOf(socket)}.`)
  }
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError'))
    return what(
      `The kec that listens on ${socket} did not answer within ${limit / 1000} s.`,
      'Its log says what it does: a plugin may block it.',
    )
  return what(`The kec that listens on ${socket} could not be asked: ${errorOf(error).message}.`, 'Try again. Its log may say why.')
}

function ownerOf(socket: string): string {
  try {
    return `the user with the uid ${statSync(socket).uid}`
  } catch {
    return 'the user that kec runs as' // the folder is closed to us
  }
}
