// The email plugin of a `kec start` and a real MTA: refusals, greylisting, limits, a server that hangs, goes and comes, lines that break at each stage.
// What is in the mailboxes in the end is what was written; a mail is there twice only if its acknowledgement was lost, and has its Message-ID then.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ParsedMail } from '../../plugins/email/src/fixture.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { waitFor } from '../wait-for.ts'
import { Greylist } from './harness/greylist.ts'
import { Kec } from './harness/kec.ts'
import { noPostfix, Postfix } from './harness/postfix.ts'
import { temporaryFolder } from './harness/process.ts'
import { SmtpLine, stages } from './harness/smtp-line.ts'

/** A cluster, and a kec that mails what happens in it without any pause. */
class Place implements AsyncDisposable {
  kec: Kec | undefined
  written = 0
  readonly sandbox: Sandbox
  readonly #folder = temporaryFolder()
  readonly #plugins: readonly object[]

  private constructor(sandbox: Sandbox, plugins: readonly object[]) {
    this.sandbox = sandbox
    this.#plugins = plugins
  }

  static async with(...plugins: readonly object[]): Promise<Place> {
    const place = new Place(await startSandbox(), plugins)
    writeFileSync(join(place.#folder, 'kubeconfig'), place.sandbox.kubeconfig, { mode: 0o600 })
    await place.start()
    return place
  }

  /** Starts a kec, after the one before if there was one. */
  async start(): Promise<Kec> {
    this.kec = await Kec.start(this.#folder, join(this.#folder, 'kubeconfig'), { plugins: this.#plugins })
    await this.kec.ready()
    return this.kec
  }

  /** So many events, each of a pod of its own. */
  happens(count: number): void {
    for (let i = 0; i < count; i++) {
      const name = `pod-${this.written++}`
      const message = `Back-off restarting failed container app in ${name} <script>alert(1)</script>`
      this.sandbox.store.create({
        metadata: { name },
        type: 'Warning',
        reason: 'BackOff',
        message,
        involvedObject: { kind: 'Pod', namespace: 'default', name },
      })
    }
  }

  /** Until everything is in the mailboxes. */
  async settled(postfix: Postfix): Promise<void> {
    const { kec } = this
    const isSettled = async () => {
      const journaled = (await kec?.sum('kec_journal_events_total')) ?? 0
      return journaled === this.written && (await kec?.sum('kec_sink_pending_events')) === 0
    }
    await waitFor('every event to be mailed', isSettled, 150_000).catch(error => {
      throw new Error(`${error.message}; kec said: ${kec?.said}; postfix: ${postfix.log}`)
    })
    await postfix.settled()
  }

  get names(): string[] {
    return Array.from({ length: this.written }, (_, i) => `pod-${i}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kec?.[Symbol.asyncDispose]()
    await this.sandbox.close()
  }
}

const noPause = { interval: '0s', maxPerHour: 3_600, maxRows: 200 }

const sink = (name: string, { port, ca }: { port: number; ca?: string }, own: object = {}, delivery: object = {}) => {
  const options = { host: '127.0.0.1', port, ...(ca === undefined ? {} : { ca }), from: `kec <${name}@example.org>`, ...noPause, ...own }
  return { use: 'email', name, options, delivery: { maxBatch: 100, ...delivery } }
}

/** The pods that these mails tell of, each as often as it is told. */
const podsIn = (mails: readonly ParsedMail[]) =>
  mails.flatMap(({ text = '' }) => [...text.matchAll(/^1× BackOff {2}Pod default\/(pod-\d+)$/gm)].map(([, pod = '']) => pod))

/** Of mails with the same Message-ID one. */
const folded = (mails: readonly ParsedMail[]) => [...new Map(mails.map(mail => [mail.messageId, mail])).values()]

function assertSame(pods: readonly string[], names: readonly string[], what: string): void {
  assert.deepEqual(pods.toSorted(), names.toSorted(), what)
}

describe('email to a real postfix', { skip: noPostfix(), concurrency: true, timeout: 6 * 60_000 }, () => {
  test('STARTTLS with an own CA and a login: each recipient has the mail but the one that is refused; a wrong password is tried once', async () => {
    await using postfix = await Postfix.start(['one', 'two', 'three'])
    const own = { ...postfix.login, to: ['one@example.org', 'gone@example.org'], cc: 'two@example.org' }
    const wrong = { ...own, password: 'not-this-one' }
    await using place = await Place.with(sink('right', postfix, own), sink('wrong', postfix, wrong, { maxBatch: 5 }))
    place.happens(20)
    const { kec = assert.fail() } = place
    const mailed = async () => podsIn(await postfix.mails('one')).length
    await waitFor('the first mails', async () => (await mailed()) === 20)
    place.happens(20)
    await waitFor('the second mails', async () => (await mailed()) === 40)
    for (const name of ['one', 'two']) {
      const mails = await postfix.mails(name)
      assertSame(podsIn(mails), place.names, name)
      for (const mail of mails) {
        assert.equal(mail.from?.text, '"kec" <right@example.org>')
        assert.match(String(mail.html), /&lt;script&gt;/)
        assert.doesNotMatch(String(mail.html), /<script/)
        assert.match(String(mail.headers.get('received')), / with ESMTPSA /)
      }
    }
    assert.match(
      kec.said,
      /127\.0\.0\.1 refuses gone@example\.org \(550 5\.1\.1 .*User unknown in virtual mailbox table\); the other recipients have the mail/,
    )
    await kec.heard(/refuses the login of ops@mail\.example\.org: 535 5\.7\.8 .*It is tried again in 15 min/)
    assert.doesNotMatch(kec.said, /not-this-one|password-of-the-test/)
    assert.equal(postfix.log.match(/authentication failed/g)?.length, 1)
  })

  test('a certificate that the usual CAs do not vouch for gets no mail', async () => {
    await using postfix = await Postfix.start(['one'])
    await using place = await Place.with(sink('email', { port: postfix.port }, { to: 'one@example.org' }))
    place.happens(1)
    await place.kec?.heard(/the certificate of 127\.0\.0\.1:\d+ can't be verified/)
    assert.deepEqual(await postfix.mails('one'), [])
    assert.doesNotMatch(postfix.log, /queued|status=sent/)
  })

  test('greylisting of all and of one, and a server that takes small mails only: later, and nothing is lost', async t => {
    await using greylist = await Greylist.start()
    await using postfix = await Postfix.start(['grey', 'white', 'grey-alone'], greylist.settings)
    await using small = await Postfix.start(['small'], { message_size_limit: '9000' })
    await using place = await Place.with(
      sink('one-of-two', postfix, { to: ['grey@example.org', 'white@example.org'] }),
      sink('alone', postfix, { to: 'grey-alone@example.org' }),
      sink('small', small, { to: 'small@example.org' }, { linger: 1_000 }),
    )
    place.happens(50)
    const { kec = assert.fail() } = place
    await kec.heard(/takes no mail now for grey-alone@example\.org \(450 4\.2\.0 /)
    await kec.heard(/takes no mail now for grey@example\.org \(450 4\.2\.0 .*the other recipients have it/)
    await kec.heard(/takes no mail of this size|refuses the mail: 552 5\.3\.4/)
    await place.settled(postfix)
    for (const name of ['grey', 'white', 'grey-alone']) assertSame(podsIn(await postfix.mails(name)), place.names, name)
    const ids = async (name: string) => (await postfix.mails(name)).map(({ messageId }) => messageId).sort()
    assert.deepEqual(await ids('grey'), await ids('white'))

    await small.settled()
    const bare = await small.mails('small')
    t.diagnostic(`small: ${bare.map(({ subject }) => subject).join(' | ')}`)
    assert.equal(
      bare.reduce((sum, { subject = '' }) => sum + Number(/(\d+) Warning/.exec(subject)?.[1]), 0),
      50,
    )
    place.happens(3)
    await place.settled(postfix)
    await small.settled()
    assertSame(podsIn(await small.mails('small')).slice(-3), place.names.slice(-3), 'what fits goes with its details')
  })

  test('a line that breaks at each stage, a server that says nothing more, and a kill -9 of kec before it hears that a mail was taken', async t => {
    await using postfix = await Postfix.start(['one'])
    await using line = await SmtpLine.to(postfix.port)
    await using place = await Place.with(sink('email', line, { encryption: 'none', to: 'one@example.org' }))
    for (const stage of stages) {
      line.breakAt(stage)
      place.happens(30)
      await waitFor(`the line to break at ${stage}`, () => line.isBroken)
      await place.settled(postfix)
    }
    assert.equal(line.lostAnswers, 1)
    const unheard = async () => {
      line.holdAnswers(true)
      place.happens(30)
      const before = line.lostAnswers
      await waitFor('a mail that kec does not know of', () => line.lostAnswers > before)
    }
    await unheard()
    await waitFor('kec to give the server up', () => /127\.0\.0\.1:\d+: Timeout/.test(place.kec?.said ?? ''), 120_000)
    line.holdAnswers(false)
    await place.settled(postfix)
    await unheard()
    await place.kec?.stop('SIGKILL')
    line.holdAnswers(false)
    await place.start()
    await place.settled(postfix)

    const mails = await postfix.mails('one')
    const once = folded(mails)
    t.diagnostic(
      `${place.written} events in ${mails.length} mails, ${once.length} of them different; ${line.lostAnswers} acknowledgements lost`,
    )
    assertSame(podsIn(once), place.names, 'with repeats folded by Message-ID')
    assert.equal(mails.length - once.length, line.lostAnswers)
  })

  test('postfix goes and comes while thousands of events are written: few mails, whose sums are what was written', async t => {
    await using postfix = await Postfix.start(['one'])
    await using place = await Place.with(sink('email', postfix, { to: 'one@example.org' }, { maxBatch: 5_000 }))
    place.happens(100)
    await place.settled(postfix)
    await postfix.stop()
    place.happens(3_000)
    await place.kec?.heard(/ECONNREFUSED/)
    place.happens(3_000)
    await postfix.start()
    place.happens(1_000)
    await postfix.stop()
    place.happens(1_000)
    await postfix.start()
    await place.settled(postfix)

    const mails = await postfix.mails('one')
    const sums = mails.map(({ subject = '' }) =>
      Number(/\] ([\d,]+) Warning events?: BackOff \(\d+\)$/.exec(subject)?.[1]?.replaceAll(',', '')),
    )
    t.diagnostic(`mails of ${sums.join(', ')} events`)
    assert.equal(
      sums.reduce((all, sum) => all + sum, 0),
      place.written,
    )
    assert.ok(Math.max(...sums) > 2_000, 'a big digest')
    assert.equal(folded(mails).length, mails.length)
    for (const mail of mails) {
      const rows = podsIn([mail]).length
      const [, rest = 0] = /^ {2}(\d+)× BackOff$/m.exec(mail.text ?? '') ?? []
      assert.equal(`${rows + Number(rest)}`, `${sums[mails.indexOf(mail)]}`)
      assert.ok(Buffer.byteLength(String(mail.html)) < 100_000)
    }
    assert.equal(new Set(podsIn(mails)).size, podsIn(mails).length, 'none is told twice')
  })

  test('a server that is slow, and one that hangs in between: its mails come late, none is lost', async t => {
    await using postfix = await Postfix.start(['one'], { smtpd_delay_reject: 'no', smtpd_helo_restrictions: 'sleep 2' })
    await using place = await Place.with(sink('email', postfix, { to: 'one@example.org' }))
    place.happens(20)
    await place.settled(postfix)
    postfix.pause()
    place.happens(20)
    await place.kec?.heard(/Greeting never received/)
    place.happens(20)
    postfix.resume()
    await place.settled(postfix)
    const mails = await postfix.mails('one')
    t.diagnostic(`${mails.length} mails, ${folded(mails).length} of them different`)
    assertSame(podsIn(folded(mails)), place.names, 'with repeats folded by Message-ID')
  })
})
