import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/**
 * Takes out the garbage now. Left to itself, V8 lets the heap of a long list grow to several times what is needed, and a process never gives
 * that back; where memory has a limit, that limit is met. Costs some 20 ms.
 */
export function takeOutGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc')
  }
  collect?.()
}
