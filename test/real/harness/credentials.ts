import { execFileSync } from 'node:child_process'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { path } from './assets.ts'

const issuer = 'https://kubernetes.default.svc'

export interface Certificate {
  readonly certificate: string
  readonly key: string
}

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** The keys of a test cluster: its CA, its server's certificate, and the key that signs service accounts' tokens. */
export class Credentials {
  readonly folder: string
  readonly ca: string
  readonly serviceAccountIssuer = issuer
  readonly serviceAccountKeyFile: string
  readonly serverCertificateFile: string
  readonly serverKeyFile: string
  readonly caFile: string
  #issued = 0

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(join(folder, 'issued'), { recursive: true, mode: 0o700 })
    this.serviceAccountKeyFile = join(folder, 'sa.key')
    this.#writeKey(this.serviceAccountKeyFile)
    this.caFile = join(folder, 'ca.crt')
    this.#writeKey(join(folder, 'ca.key'))
    writeFileSync(join(folder, 'ca.conf'), caConfig(folder), { mode: 0o600 })
    writeFileSync(join(folder, 'index.txt'), '', { mode: 0o600 })
    this.#openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '2',
      '-subj',
      '/CN=kec-test-ca',
      '-config',
      'ca.conf',
    )
    this.ca = readFileSync(this.caFile, 'utf8')
    const server = this.#issue('/CN=kube-apiserver', 'server', undefined, new Date(Date.now() + 86_400_000))
    this.serverCertificateFile = join(folder, 'server.crt')
    this.serverKeyFile = join(folder, 'server.key')
    writeFileSync(this.serverCertificateFile, server.certificate, { mode: 0o600 })
    writeFileSync(this.serverKeyFile, server.key, { mode: 0o600 })
  }

  /** A client certificate for this user. `expires` may be in the past; `from` is a minute before that or now, whichever is earlier. */
  clientCertificate(user: string, groups: readonly string[], expires: Date): Certificate {
    const from = new Date(Math.min(Date.now(), expires.getTime()) - 60_000)
    return this.#issue(`${groups.map(group => `/O=${group}`).join('')}/CN=${user}`, 'client', from, expires)
  }

  /**
   * A service account's token, signed with the cluster's own key. `expires` may be in the past. A token that the API server has just let in
   * may pass for up to 10 s more: it remembers.
   */
  serviceAccountToken({ namespace, name, uid }: ServiceAccount, expires: Date): string {
    const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
    // The API server allows for a minute of clock skew.
    const expiry = seconds(expires) - 60
    const from = Math.min(seconds(new Date()), expiry) - 60
    const claims = {
      iss: issuer,
      aud: [issuer],
      sub: `system:serviceaccount:${namespace}:${name}`,
      iat: from,
      nbf: from,
      exp: expiry,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    }
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
    const signature = createSign('sha256').update(signed).sign(readFileSync(this.serviceAccountKeyFile)).toString('base64url')
    return `${signed}.${signature}`
  }

  #issue(subject: string, extensions: 'client' | 'server', from: Date | undefined, expires: Date): Certificate {
    const name = `issued/${++this.#issued}`
    const date = (value: Date) => `${value.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
    this.#writeKey(join(this.folder, `${name}.key`))
    this.#openssl('req', '-new', '-key', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, '-config', 'ca.conf')
    const dates = [...(from ? ['-startdate', date(from)] : []), '-enddate', date(expires)]
    const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-notext']
    this.#openssl('ca', '-batch', '-config', 'ca.conf', '-extensions', extensions, ...files, ...dates)
    return {
      certificate: readFileSync(join(this.folder, `${name}.crt`), 'utf8'),
      key: readFileSync(join(this.folder, `${name}.key`), 'utf8'),
    }
  }

  #writeKey(file: string): void {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(file, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  }

  #openssl(...args: readonly string[]): void {
    execFileSync(path('openssl'), args, { cwd: this.folder, stdio: 'pipe' })
  }
}

const caConfig = (folder: string): string => `
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:kec.test
[client]
extendedKeyUsage = clientAuth
[ca]
default_ca = test
[test]
database = ${folder}/index.txt
new_certs_dir = ${folder}/issued
certificate = ${folder}/ca.crt
private_key = ${folder}/ca.key
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
copy_extensions = none
[any]
organizationName = optional
commonName = supplied
`
