#!/usr/bin/env node
// The version is checked before any other import: an older Node would only say SyntaxError.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`kec: needs Node >= 24.15; this is ${process.version}.`)
  process.exit(1)
}
await import('../src/main.ts')
