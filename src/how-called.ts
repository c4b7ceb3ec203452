/** `kec` as the reader would type it: a checkout has no kec on the PATH, and is used by npm's scripts. */
export function howCalled(env: Readonly<Record<string, string | undefined>>): string {
  return env.npm_lifecycle_event === undefined ? 'kec' : 'npm run --silent kec --'
}
