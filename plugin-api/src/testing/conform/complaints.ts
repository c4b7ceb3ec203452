/** How to mend what kec itself would say of a plugin. */
const mends: readonly (readonly [complaint: RegExp, mend: string])[] = [
  [/^onFilter must answer at once/, 'return true or false from onFilter, not a promise: make what it needs ready in setup'],
  [/^onFilter threw/, 'look at fields with care: any text of an event may be empty, or anything else'],
  [/called back again/, 'call back once, at the end: `return done(error)`. Better still: tapPromise with an async function'],
  [/^a mark came after the batch had ended/, 'await all work before onEvent ends: what comes later changes nothing any more'],
  [/^a mark is for an event that is not in the batch/, 'mark the events that onEvent was called with, or copies with their id'],
  [/^slowDown takes/, 'give `delivery.slowDown` milliseconds, at most a day: look whether the header was there, and a number'],
  [/^state\.set works only/, 'set state inside of onEvent, before it ends: it is committed with the outcome of the batch'],
  [/^state\.set/, 'keep only what JSON can hold'],
  [/^onShutdown threw/, 'an onShutdown that throws is an error in the log and an exit code of 1: catch what can be expected'],
  [/^onShutdown never answered/, 'let onShutdown end once everything is closed, and at the latest when its `signal` aborts'],
  [/^onEvent never answered/, 'let onEvent end when `delivery.signal` aborts'],
]

export function mendOf(complaint: string): string {
  return mends.find(([pattern]) => pattern.test(complaint))?.[1] ?? 'see the guide for plugins'
}
