import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

export interface Wish {
  /** Default: an hour from now. */
  readonly expires?: Date
  /** DNS names and IP addresses of a server. */
  readonly names?: readonly string[]
}

/** A certificate authority for one test. */
export class Authority {
  /** PEM. */
  readonly ca: string
  readonly #subject: forge.pki.CertificateField[]
  readonly #keys = keyPair()
  #serial = 1

  constructor(name = 'kec test CA') {
    this.#subject = [{ name: 'commonName', value: name }]
    this.ca = this.#sign(this.#subject, this.#keys.publicKey, {}, [{ name: 'basicConstraints', cA: true }])
  }

  issue(commonName: string, wish: Wish = {}): Certificate {
    const keys = keyPair()
    const altNames = (wish.names ?? []).map(name => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }))
    const extensions = altNames.length > 0 ? [{ name: 'subjectAltName', altNames }] : []
    return { cert: this.#sign([{ name: 'commonName', value: commonName }], keys.publicKey, wish, extensions), key: keys.pem }
  }

  #sign(subject: forge.pki.CertificateField[], publicKey: forge.pki.PublicKey, { expires }: Wish, extensions: object[]): string {
    const certificate = forge.pki.createCertificate()
    certificate.publicKey = publicKey
    certificate.serialNumber = `0${this.#serial++}`
    certificate.validity.notBefore = new Date(Date.now() - 2 * 3_600_000)
    certificate.validity.notAfter = expires ?? new Date(Date.now() + 3_600_000)
    certificate.setSubject(subject)
    certificate.setIssuer(this.#subject)
    certificate.setExtensions(extensions)
    certificate.sign(this.#keys.privateKey, forge.md.sha256.create())
    return forge.pki.certificateToPem(certificate)
  }
}

/** Made by Node, which is a hundred times faster at it. */
function keyPair() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const forged = forge.pki.privateKeyFromPem(pem)
  return { pem, privateKey: forged, publicKey: forge.pki.setRsaPublicKey(forged.n, forged.e) }
}
