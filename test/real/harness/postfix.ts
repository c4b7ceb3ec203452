import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from '../../../plugins/email/src/fixture.ts'
import { Authority } from '../../certificates.ts'
import { waitFor } from '../../wait-for.ts'
import { missing, path } from './assets.ts'
import { freePort, Server, temporaryFolder } from './process.ts'

/** Why no postfix can be started here, or false. Only root can start one. */
export const noPostfix = (): string | false => missing('postfix', 'saslpasswd2') || (process.getuid?.() !== 0 && 'postfix needs root')

/** Whose the mailboxes are: postfix writes none as root. */
const nobody = 65_534

/** Of postfix's services those that take mail and put it into mailboxes. */
const services = `
cleanup  unix       n - n -     0 cleanup
qmgr     unix       n - n 300   1 qmgr
rewrite  unix       - - n -     - trivial-rewrite
bounce   unix       - - n -     0 bounce
defer    unix       - - n -     0 bounce
trace    unix       - - n -     0 bounce
error    unix       - - n -     - error
retry    unix       - - n -     - error
virtual  unix       - n n -     - virtual
tlsmgr   unix       - - n 1000? 1 tlsmgr
proxymap unix       - - n -     - proxymap
anvil    unix       - - n -     1 anvil
postlog  unix-dgram n - n -     1 postlogd
`

/**
 * A real MTA on loopback, in a folder that goes with this process. It takes mail for the mailboxes that it was given, all of example.org; who says
 * STARTTLS may log in. It can be stopped, held up, and started again on the same address.
 */
export class Postfix implements AsyncDisposable {
  readonly port: number
  /** Who may log in. */
  readonly login = { user: 'ops@mail.example.org', password: 'password-of-the-test' }
  /** PEM. */
  readonly ca: string
  readonly #folder = temporaryFolder()
  readonly #programs: string
  #server: Server | undefined

  private constructor(port: number, mailboxes: readonly string[], settings: Readonly<Record<string, string>>) {
    this.port = port
    this.#programs = execFileSync(join(path('postfix'), '../postconf'), ['-d', '-h', 'daemon_directory'], { encoding: 'utf8' }).trim()
    const folder = this.#folder
    const at = (name: string) => join(folder, name)
    chmodSync(folder, 0o711)
    for (const name of ['etc/sasl', 'queue', 'data', 'mail']) mkdirSync(at(name), { recursive: true })
    const authority = new Authority()
    const { cert, key } = authority.issue('mail.example.org', { names: ['127.0.0.1'] })
    this.ca = authority.ca
    writeFileSync(at('etc/mail.pem'), key + cert, { mode: 0o600 })
    const all = {
      compatibility_level: '3.6',
      myhostname: 'mail.example.org',
      queue_directory: at('queue'),
      data_directory: at('data'),
      maillog_file: at('log'),
      maillog_file_prefixes: folder,
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      mydestination: '',
      virtual_mailbox_domains: 'example.org',
      virtual_mailbox_base: at('mail'),
      virtual_mailbox_maps: `inline:{${mailboxes.map(name => `${name}@example.org=${name}/`).join(',')}}`,
      virtual_uid_maps: `static:${nobody}`,
      virtual_gid_maps: `static:${nobody}`,
      smtpd_tls_chain_files: at('etc/mail.pem'),
      smtpd_tls_security_level: 'may',
      smtpd_tls_auth_only: 'yes',
      smtpd_sasl_auth_enable: 'yes',
      cyrus_sasl_config_path: at('etc/sasl'),
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`)
    writeFileSync(at('etc/main.cf'), lines.join(''))
    writeFileSync(at('etc/master.cf'), `127.0.0.1:${port} inet n - n - - smtpd${services}`)
    const database = at('etc/sasl/passwords')
    const sasl = { pwcheck_method: 'auxprop', auxprop_plugin: 'sasldb', sasldb_path: database, mech_list: 'PLAIN LOGIN' }
    writeFileSync(
      at('etc/sasl/smtpd.conf'),
      Object.entries(sasl)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
    )
    const [user = '', domain = ''] = this.login.user.split('@')
    execFileSync(path('saslpasswd2'), ['-p', '-c', '-f', database, '-u', domain, user], { input: this.login.password })
    const owner = Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' }))
    for (const name of ['data', 'etc/sasl/passwords']) chownSync(at(name), owner, -1)
    chownSync(at('mail'), nobody, nobody)
    execFileSync(path('postfix'), ['-c', at('etc'), 'check'], { stdio: 'ignore' }) // makes the queue's folders
  }

  /** `settings`: of main.cf, beside or instead of those above. */
  static async start(mailboxes: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Postfix> {
    const postfix = new Postfix(await freePort(), mailboxes, settings)
    await postfix.start()
    return postfix
  }

  /** Resolves once it greets. */
  async start(): Promise<void> {
    this.#server = new Server(join(this.#programs, 'master'), ['-c', join(this.#folder, 'etc')], 'postfix', join(this.#folder, 'said'))
    await this.#server
      .ready(() => greets(this.port))
      .catch(error => {
        throw new Error(`${error.message}; its log: ${this.log}`)
      })
  }

  async stop(): Promise<void> {
    await this.#server?.end('SIGTERM')
  }

  /** None of its processes does anything: who connects hears nothing. */
  pause(): void {
    this.#signalAll('SIGSTOP')
  }

  resume(): void {
    this.#signalAll('SIGCONT')
  }

  get log(): string {
    const file = join(this.#folder, 'log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** What is in a mailbox, in no order. */
  async mails(name: string): Promise<ParsedMail[]> {
    const folder = join(this.#folder, 'mail', name, 'new')
    const files = existsSync(folder) ? readdirSync(folder) : []
    return Promise.all(files.map(file => simpleParser(readFileSync(join(folder, file)))))
  }

  /** Until nothing that it took is still on its way to a mailbox. */
  async settled(): Promise<void> {
    const queue = join(this.#folder, 'queue')
    const isEmpty = () => ['incoming', 'active', 'deferred'].every(name => readdirSync(join(queue, name)).length === 0)
    await waitFor('the queue of postfix to be empty', isEmpty)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    await this.stop()
    if (process.env.KEC_TEST_SHOW) console.error(this.log)
  }

  /** postfix's master makes itself the leader of a process group. */
  #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#server?.alive) process.kill(-this.#server.pid, signal)
  }
}

async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  try {
    for await (const text of socket) return String(text).startsWith('220 ')
    return false
  } finally {
    socket.destroy()
  }
}
