// Writes the pictures in plugins/email/README.md, by the machine's chromium and pngquant: a digest as a mail server got it, as a phone and a
// desktop show it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Composer } from '../plugins/email/src/compose.ts'
import { event, MailServer, pod } from '../plugins/email/src/fixture.ts'
import { options } from '../plugins/email/src/options.ts'
import { Sender } from '../plugins/email/src/sender.ts'
import { serverOf } from '../plugins/email/src/server.ts'

const at = (time: string) => `2026-11-24T${time}Z`

const what = [
  { name: 'checkout-7d9c5b8f4-x2x9k', occurrences: 6, time: at('14:02:11') },
  { name: 'checkout-7d9c5b8f4-x2x9k', occurrences: 3, time: at('14:06:48') },
  { reason: 'FailedScheduling', name: 'search-0', occurrences: 5, time: at('14:05:31'), component: 'default-scheduler', host: '' },
  { reason: 'Unhealthy', name: 'cart-5f6d7c9bb-kq7pd', occurrences: 4, time: at('14:06:02') },
  { reason: 'ErrImagePull', name: 'banner-66f8d9c7b5-lw2tn', occurrences: 2, time: at('14:03:27') },
  { reason: 'NodeNotReady', name: 'node-3', kind: 'Node', occurrences: 1, time: at('14:04:09'), component: 'node-controller', host: '' },
  ...Array.from({ length: 12 }, (_, i) => ({ reason: 'Evicted', name: `report-${i}`, occurrences: 1, time: at('14:04:40') })),
]

const messages: Readonly<Record<string, string>> = {
  BackOff: 'Back-off restarting failed container app in pod checkout-7d9c5b8f4-x2x9k_shop(0b3c5c1e-8f0a-4a8e-9f6e-0d1d7c1f2a10)',
  FailedScheduling: '0/6 nodes are available: 3 Insufficient memory, 3 node(s) had untolerated taint {dedicated: gpu}.',
  Unhealthy: 'Readiness probe failed: Get "http://10.0.3.17:8080/ready": context deadline exceeded',
  ErrImagePull: 'failed to pull and unpack image "registry.example.org/banner:v41": not found',
  NodeNotReady: 'Node node-3 status is now: NodeNotReady',
  Evicted: 'The node was low on resource: memory.',
}

const events = what.map(({ reason = 'BackOff', name, kind = 'Pod', component = 'kubelet', host = 'node-2', ...own }) =>
  event({
    ...own,
    reason,
    message: messages[reason] ?? '',
    namespace: kind === 'Node' ? 'default' : 'shop',
    regarding: kind === 'Node' ? { ...pod(name, ''), kind } : pod(name),
    source: { component, host },
  }),
)

/** Answers what it printed. */
function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, HOME: folder } })
  if (status !== 0) throw new Error(`${program}: ${error ?? stderr}`)
  return stdout
}

const chromium = (...args: readonly string[]) =>
  run('chromium', ['--headless', '--no-sandbox', '--hide-scrollbars', '--disable-lcd-text', ...args])

/** The height in pixels that a page needs at this width. A window of chromium's has a least width, an element has none. */
function heightAt(width: number, html: string): number {
  const file = join(folder, 'measured.html')
  const measure = `const page = document.documentElement; page.style.width = '${width}px'; document.title = page.offsetHeight`
  writeFileSync(file, `${html}<script>${measure}</script>`)
  return Number(/<title>(\d+)<\/title>/.exec(chromium('--dump-dom', `file://${file}`))?.[1])
}

const folder = mkdtempSync(join(tmpdir(), 'kec-mail-'))
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
const server = await MailServer.start({ after: (end?: unknown) => void ends.push(end as () => unknown) }) // a function, as the fixture uses it
try {
  const given = options.parse({
    host: '127.0.0.1',
    port: server.port,
    ca: server.ca,
    from: 'kec@example.org',
    to: 'oncall@example.org',
    maxRows: 5,
    timeZone: 'UTC',
  })
  const sender = new Sender(given, serverOf(given))
  await sender.send(new Composer(given, 'email', 'prod').letter(events, false), sender.recipients, AbortSignal.timeout(10_000))
  const file = join(folder, 'mail.html')
  const html = String(server.received[0]?.mail.html)
  writeFileSync(file, html)
  const shots = [
    ['digest-360.png', 360],
    ['digest-800.png', 800, '--blink-settings=preferredColorScheme=0'], // dark
  ] as const
  for (const [name, width, ...more] of shots) {
    const picture = join(import.meta.dirname, '../plugins/email', name)
    chromium(...more, `--window-size=${width},${heightAt(width, html)}`, `--screenshot=${picture}`, `file://${file}`)
    run('pngquant', ['--force', '--ext=.png', '64', picture])
  }
} finally {
  for (const end of ends.reverse()) await end()
}
