// What any program must do at the least: socket -> lines -> JSON.parse -> small record -> JSON line -> file. `raw-loop.ts URL FILE`; prints
// events and milliseconds. With no FILE it only takes the bytes.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { request } from 'undici'

const [url = '', file] = process.argv.slice(2)
const { body } = await request(url)
const began = performance.now()
let events = 0

if (file === undefined) {
  for await (const chunk of body) events += chunk.length
} else {
  const out = createWriteStream(file)
  let rest = Buffer.alloc(0)
  for await (const chunk of body) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let start = 0
    let lines = ''
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const { object } = JSON.parse(bytes.toString('utf8', start, end))
      start = end + 1
      events++
      const { metadata, regarding, deprecatedSource } = object
      lines += `${JSON.stringify({
        timestamp: object.series?.lastObservedTime ?? object.eventTime,
        message: object.note,
        name: regarding.name,
        namespace: metadata.namespace,
        reason: object.reason,
        host: deprecatedSource.host,
        kind: regarding.kind,
        event_level: object.type,
        count: object.series?.count ?? 1,
        uid: metadata.uid,
        resource_version: metadata.resourceVersion,
      })}\n`
    }
    rest = bytes.subarray(start)
    if (lines !== '' && !out.write(lines)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
}
console.log(
  JSON.stringify({
    events,
    ms: performance.now() - began,
    cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    rssMB: process.resourceUsage().maxRSS / 1024,
  }),
)
