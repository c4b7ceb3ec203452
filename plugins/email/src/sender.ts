import { createTransport } from 'nodemailer'
import { clean } from './clean.ts'
import type { Letter } from './compose.ts'
import { addressOf, type Options } from './options.ts'
import type { Server } from './server.ts'

/** A recipient that the server did not take. */
export interface Refusal {
  readonly recipient: string
  /** What the server said, on one line. */
  readonly answer: string
}

/** What the server said of each recipient; the letter went to those that are not named. */
export interface Outcome {
  /** For good (5xx). */
  readonly refused: readonly Refusal[]
  /** For now (4xx). */
  readonly deferred: readonly Refusal[]
}

/** An error of nodemailer, as far as it is used. */
export interface SmtpError extends Error {
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
  readonly rejectedErrors?: readonly (SmtpError & { readonly recipient?: string })[]
}

/** ms. How long it may take until all is ready for a mail, greeting and STARTTLS included, and then until each answer. */
const patience = { connectionTimeout: 30_000, socketTimeout: 60_000, dnsTimeout: 15_000 }

/** Hands letters to a server; a connection for each. */
export class Sender {
  readonly #options: Options
  readonly #transport: ReturnType<typeof transportTo>

  constructor(options: Options, server: Server) {
    this.#options = options
    this.#transport = transportTo(options, server)
  }

  /** All who shall get a letter. */
  get recipients(): string[] {
    const { to, cc = [] } = this.#options
    return [...to, ...cc].map(text => addressOf(text) ?? '') // nodemailer asks for each once
  }

  /** Resolves if the server took the letter for at least one of these, or refused each of them alone. Else it throws what nodemailer says. */
  async send(letter: Letter, recipients: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const { from, to, cc, replyTo } = this.#options
    try {
      const { rejectedErrors = [] } = await this.#transport.sendMail({
        ...letter,
        from,
        to,
        cc,
        replyTo,
        envelope: { from: addressOf(from) ?? '', to: [...recipients] },
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }, // no "out of office" comes back
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      })
      return outcomeOf(rejectedErrors as SmtpError['rejectedErrors']) // nodemailer's own errors
    } catch (error) {
      const { command, rejectedErrors } = error as SmtpError // as above
      if (command === 'RCPT TO' && rejectedErrors !== undefined && rejectedErrors.length > 0) return outcomeOf(rejectedErrors)
      throw error
    }
  }
}

function outcomeOf(errors: SmtpError['rejectedErrors'] = []): Outcome {
  const refused: Refusal[] = []
  const deferred: Refusal[] = []
  for (const { recipient = '', response = '', responseCode = 0 } of errors)
    (responseCode >= 500 ? refused : deferred).push({ recipient, answer: clean(response, 200) })
  return { refused, deferred }
}

function transportTo(options: Options, { host, port, encryption }: Server) {
  const { from, password, oauth2, ca, insecure, user = addressOf(from) } = options
  const auth = oauth2 ? { type: 'OAuth2', user, ...oauth2 } : password !== undefined ? { user, pass: password } : undefined
  return createTransport({
    host,
    port,
    secure: encryption === 'tls',
    requireTLS: encryption === 'starttls',
    ignoreTLS: encryption === 'none',
    tls: { rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) },
    ...(auth === undefined ? {} : { auth }),
    ...patience,
  })
}
