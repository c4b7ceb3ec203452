#!/usr/bin/env -S node --max-semi-space-size=8
// The heap of the young: 8 MB instead of 16 keep a list of 100,000 events 20 MB smaller, and cost a flood little (docs/performance.md).
// The version is checked before any other import: an older Node would only say SyntaxError.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`kec: needs Node.js 24.15 or newer; this is ${process.version} (${process.execPath}).
     Install a newer one, and see to it that it comes first in PATH.`)
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
const { homedir } = await import('node:os')
const { join } = await import('node:path')
// Halves the time that `kec --help` takes. Not in Node's default place: what others can write to in /tmp would be run as code.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kec'))
await import('../src/main.ts')
