// Sinks in trouble, and what they cost the others: nothing. `kec start` against bench/feeder.ts, which sends as fast as it can.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kubeconfigFor } from '../bench/kubeconfig.ts'
import type { troubles } from './bad-plugins/trouble.ts'
import { folderWith } from './folder.ts'
import { Kec, ownPort } from './kec.ts'
import { imbalances, samplesOf } from './scrape.ts'
import { waitFor } from './wait-for.ts'

const firstVersion = 1_000_000
type Trouble = (typeof troubles)[number]

/** ms: 200,000 events take a while, one by one above all. */
const patience = 900_000

/** kec with a good sink beside these, on a feeder. */
class Place {
  readonly folder: string
  kec: Kec
  /** The most that was pending for the good sink. */
  mostPending = 0
  readonly unbalanced: string[] = []
  readonly #t: TestContext
  readonly #feeder: string
  #stopScraping = new AbortController()

  private constructor(t: TestContext, folder: string, feeder: string) {
    this.#t = t
    this.folder = folder
    this.#feeder = feeder
    this.kec = this.#newKec()
    void this.#watch(this.#stopScraping.signal)
    t.after(() => this.#stopScraping.abort())
  }

  /** After `hold` events the feeder waits for `go`. */
  static async with(t: TestContext, sinks: readonly Trouble[], events: number, hold = events): Promise<Place> {
    const feeder = spawn(process.execPath, [join(import.meta.dirname, '../bench/feeder.ts'), String(events), String(hold)])
    t.after(() => feeder.kill('SIGKILL'))
    let port = ''
    for await (const text of feeder.stdout.setEncoding('utf8')) {
      port = String(text).trim()
      break
    }
    const folder = folderWith(t, { 'kubeconfig.json': kubeconfigFor(port) })
    const good = { use: 'log', name: 'good', options: { file: join(folder, 'good.log') } }
    const bad = sinks.map(how => ({
      use: join(import.meta.dirname, 'bad-plugins/trouble.ts'),
      name: nameOf(how),
      options: { how, well: join(folder, 'well'), to: join(folder, how) },
      ...(how !== 'is down' && { delivery: { maxBatch: 1 } }),
    }))
    const config = { ...ownPort, plugins: [good, ...bad], journal: { dir: join(folder, 'journal') } }
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify(config))
    return new Place(t, folder, `http://127.0.0.1:${port}`)
  }

  /** A new kec where the one before was killed. */
  async restart(): Promise<void> {
    await this.kill()
    this.kec = this.#newKec()
    this.#stopScraping = new AbortController()
    void this.#watch(this.#stopScraping.signal)
  }

  async kill(): Promise<void> {
    this.#stopScraping.abort()
    this.kec.signal('SIGKILL')
    await this.kec.end()
  }

  go(): Promise<unknown> {
    return fetch(`${this.#feeder}/go`)
  }

  async pending(sink: string): Promise<number> {
    return sumOf(await this.#scrape(), 'kec_sink_pending_events', sink)
  }

  async rss(): Promise<number> {
    return sumOf(await this.#scrape(), 'process_resident_memory_bytes')
  }

  /** Until so many events are in the journal. */
  async journaled(count: number): Promise<void> {
    await waitFor(`${count} events in the journal`, async () => sumOf(await this.#scrape(), 'kec_journal_events_total') >= count, patience)
  }

  async drained(sink: string): Promise<void> {
    const all = async () => {
      const text = await this.#scrape()
      return text !== '' && sumOf(text, 'kec_sink_pending_events', sink) === 0
    }
    await waitFor(`${sink} to have everything`, all, patience)
  }

  /** The numbers of the events that the sink wrote down, as they came. */
  got(how: Trouble): number[] {
    const file = join(this.folder, how)
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    return lines.map(version => Number(version) - firstVersion)
  }

  #newKec(): Kec {
    return new Kec(this.#t, this.folder, '--kubeconfig', join(this.folder, 'kubeconfig.json'))
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const text = await this.#scrape()
      this.unbalanced.push(...imbalances(text))
      this.mostPending = Math.max(this.mostPending, sumOf(text, 'kec_sink_pending_events', 'good'))
      await sleep(50) // how often it looks
    }
  }

  /** Empty as long as kec does not answer. */
  async #scrape(): Promise<string> {
    const url = this.kec.log.find(({ message }) => message === 'kec starts')?.metrics
    if (url === undefined) return ''
    return fetch(String(url)).then(
      answer => answer.text(),
      () => '',
    )
  }
}

function sumOf(text: string, name: string, sink?: string): number {
  const samples = samplesOf(text, name).filter(({ labels }) => sink === undefined || labels.sink === sink)
  return samples.reduce((sum, { value }) => sum + value, 0)
}

const nameOf = (how: string) => how.replaceAll(' ', '-')
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

const options = { timeout: 1_800_000 }

test('a sink that is down for 200,000 events: the others do not notice, and it drains in order', options, async t => {
  const [first, total] = [50_000, 200_000]
  const alone = await Place.with(t, [], first)
  await alone.journaled(first)
  await alone.drained('good')
  await alone.kill()

  const place = await Place.with(t, ['is down'], total, first)
  await place.journaled(first)
  await place.drained('good')
  const before = await place.rss()
  await place.go()
  await place.journaled(total)
  await place.drained('good')
  assert.equal(await place.pending('is-down'), total)
  const after = await place.rss()
  writeFileSync(join(place.folder, 'well'), '')
  await place.drained('is-down')
  // Here the source's ledger has grown by 150,000 events that are alive, too; see backlog-memory.test.ts.
  t.diagnostic(`RSS ${(before / 1e6).toFixed(0)} MB at ${first} pending, ${(after / 1e6).toFixed(0)} MB at ${total}`)
  t.diagnostic(`most pending for the good sink: ${alone.mostPending} without the bad one, ${place.mostPending} with it`)
  assert.deepEqual(place.got('is down'), upTo(total))
  assert.deepEqual(place.unbalanced, [])
  assert.ok(place.mostPending < Math.max(2 * alone.mostPending, total / 20))
})

// KEC_TEST_BACKLOG=200000 npm test backlog.test: as many as the sink above had waiting.
test(
  'sinks that hang, throw at every third event, take a second for each: a good one beside them gets all, and later they do',
  options,
  async t => {
    const total = Number(process.env.KEC_TEST_BACKLOG ?? 4_000)
    const alive = ['hangs until its time is up', 'throws at every third', 'is slow'] as const
    const place = await Place.with(t, ['hangs', ...alive], total)
    await place.journaled(total)
    await place.drained('good')
    for (const sink of ['hangs', ...alive]) assert.ok((await place.pending(nameOf(sink))) > total - 100, sink)
    t.diagnostic(`most pending for the good sink: ${place.mostPending}`)
    assert.ok(place.mostPending < total / 2)
    writeFileSync(join(place.folder, 'well'), '')
    for (const how of alive) {
      await place.drained(nameOf(how))
      assert.deepEqual(place.got(how), upTo(total), how)
    }
    // What hangs for ever has its batch until kec ends.
    assert.equal(await place.pending('hangs'), total)
    await place.restart()
    await place.drained('hangs')
    assert.deepEqual(place.got('hangs'), upTo(total))
    assert.deepEqual(place.unbalanced, [])
  },
)
