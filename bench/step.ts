// kec's way of an event, up to a step: `step.ts source|journal EVENTS FOLDER`, with the kubeconfig in the folder; prints events and milliseconds.
import { join } from 'node:path'
import { connectCluster } from '../src/cluster/connect.ts'
import { decodeRecord } from '../src/event.ts'
import { createFilter } from '../src/filter/decide.ts'
import { openJournal } from '../src/journal/sqlite.ts'
import { Pipeline } from '../src/pipeline.ts'
import { Source } from '../src/source/source.ts'

const [step = '', events = '', folder = ''] = process.argv.slice(2)
const kubeconfig = join(folder, 'kubeconfig')
const cluster = await connectCluster({ kubeconfig })
const identity = Object.freeze({ name: 'bench', uid: 'bench' })
const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const done = new AbortController()
let seen = 0
let began = 0
const count = (more: number) => {
  began ||= performance.now()
  seen += more
  if (seen >= Number(events)) done.abort()
}

if (step === 'source') {
  const store = {
    position: () => undefined,
    ledgerTail: () => ({ snapshot: undefined, commits: [] }),
    saveLedger() {},
    save: (read: { news: readonly unknown[] }) => count(read.news.length),
  }
  await new Source(cluster, identity, { include: [] }, store, log).run(done.signal)
} else {
  const journal = openJournal({ file: join(folder, `${step}.db`), decode: line => decodeRecord(line, identity) })
  journal.identify(identity)
  let head = 0
  journal.onNews(() => {
    count(journal.head - head)
    head = journal.head
  })
  const filter = createFilter({}, [], log.warn)
  await new Pipeline({ cluster, identity, source: { include: [] }, startFrom: 'all', filter, journal, log }).run(done.signal)
  journal.close()
}
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    events: seen,
    ms: performance.now() - began,
    cpuSeconds: (user + system) / 1e6,
    rssMB: process.resourceUsage().maxRSS / 1024,
  }),
)
process.exit(0)
