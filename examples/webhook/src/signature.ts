import { createHmac, timingSafeEqual } from 'node:crypto'

/** What proves that a body is from who knows the secret, and that it was sent then. `timestamp`: seconds since 1970. */
export function sign(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** ms; who overhears a request cannot send it again later. */
const tolerance = 5 * 60_000

/** For the receiver: whether the body, as it came, is signed, and not old. Look at nothing in it before. */
export function verify(secret: string, headers: Readonly<Record<string, string | string[] | undefined>>, body: string): boolean {
  const { 'kec-timestamp': timestamp, 'kec-signature': signature } = headers
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false
  if (!(Math.abs(Date.now() - Number(timestamp) * 1000) < tolerance)) return false
  const [right, given] = [Buffer.from(sign(secret, timestamp, body)), Buffer.from(signature)]
  return right.length === given.length && timingSafeEqual(right, given)
}
