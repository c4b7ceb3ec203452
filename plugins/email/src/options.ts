import { X509Certificate } from 'node:crypto'
import addressparser from 'nodemailer/lib/addressparser'
import wellKnown from 'nodemailer/lib/well-known'
import { z } from 'zod'
import type { Digest } from './digest.ts'
import type { languages } from './words.ts'

/** What an own template may say of a mail; what it leaves out is as ever. */
export interface Mail {
  readonly subject?: string
  readonly html?: string
  readonly text?: string
}

export type Template = (digest: Digest) => Mail

/** The address alone, of `ops@example.org` or `Operations <ops@example.org>`. Undefined if it is not one address. */
export function addressOf(text: string): string | undefined {
  const [first, ...more] = addressparser(text)
  const address = first?.address ?? ''
  return more.length === 0 && /^[^\s@<>",;:]+@[^\s@<>",;:]+$/.test(address) ? address : undefined
}

const noAddress = 'must be one address, such as "ops@example.org" or "Operations <ops@example.org>"'
const address = z.string().refine(text => addressOf(text) !== undefined && !/[\p{Cc}]/u.test(text), { error: noAddress })

/** One, or a list of them. */
const addresses = z.union([address, z.array(address).min(1)]).transform(given => [given].flat())

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

const duration = z
  .string()
  .regex(/^\d{1,6}[smh]$/, { error: 'must be a time such as "90s", "5m" or "1h"' })
  .transform(text => Number(text.slice(0, -1)) * (seconds[text.slice(-1)] ?? 0) * 1000)

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}

const schema = z.strictObject({
  service: z
    .string()
    .refine(name => wellKnown(name) !== false, {
      error:
        'is no service whose server is known; known are QQ, QQex, 163, Aliyun, Gmail, Outlook365 and many more. Else give host and port',
    })
    .optional()
    .describe('a provider whose server is known: `QQ`, `QQex`, `163`, `Gmail`, `Outlook365` …; else give `host`'),
  host: z.string().min(1).optional().describe('the SMTP server'),
  port: z.int().min(1).max(65_535).optional().meta({ description: 'its port', without: '587; 465 for `tls`, 25 for `none`' }),
  encryption: z.enum(['tls', 'starttls', 'none']).optional().meta({
    description:
      '`tls` from the first byte, `starttls` before anything is said, or `none`. A server without STARTTLS gets no mail unless `none` is said',
    without: '`tls` on port 465, else `starttls`',
  }),
  ca: z.string().refine(isPem, { error: `must be certificates in PEM, not a path: '\${file:/etc/kec/ca.pem}'` }).optional().meta({
    description: `the CAs that may vouch for the server, instead of the usual ones, as PEM: \`'\${file:/etc/kec/ca.pem}'\``,
    without: 'the usual CAs',
  }),
  insecure: z.boolean().default(false).describe("don't verify the server's certificate: whoever is on the way can read mails and password"),
  user: z.string().min(1).optional().meta({ description: 'the login, with `password` or `oauth2`', without: 'the address in `from`' }),
  password: z
    .string()
    .min(1)
    .optional()
    .meta({ description: `\`'\${env:SMTP_PASSWORD}'\`; for QQ and 163 the authorisation code (授权码)`, without: 'no login' }),
  oauth2: z
    .strictObject({
      clientId: z.string().min(1).describe('of the application'),
      clientSecret: z.string().min(1).describe('of the application'),
      refreshToken: z.string().min(1).describe('brings an access token whenever one is needed'),
      accessUrl: z.url().optional().meta({ description: 'where access tokens are asked for', without: "Google's" }),
    })
    .optional()
    .meta({ description: 'log in by OAuth 2 (XOAUTH2) instead of a password', without: 'no login' }),
  from: address.optional().meta({ description: 'the sender', without: '`user`, if that is an address' }),
  to: addresses.describe('a recipient, or a list of them'),
  cc: addresses.optional().describe('more of them'),
  replyTo: address.optional().meta({ description: 'where answers go', without: '`from`' }),
  interval: duration.prefault('5m').describe('between two mails, at least; the first one after a quiet time goes out at once'),
  maxPerHour: z.int().min(1).max(3_600).default(12).describe('mails within an hour, at most'),
  maxRows: z
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('rows of a mail, at most, and never more than 100 KB; the rest is summed up by reason'),
  language: z
    .enum(['en', 'zh'] satisfies (keyof typeof languages)[])
    .default('en')
    .describe('`en` or `zh`'),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone such as "Asia/Shanghai" or "UTC"' })
    .optional()
    .meta({ description: 'of the times in a mail: `Asia/Shanghai`', without: "the machine's" }),
  template: z
    .custom<Template>(value => typeof value === 'function', { error: 'must be a function: digest => ({ subject, html, text })' })
    .optional()
    .meta({
      description: 'a function of your own that makes subject, html or text of a digest; only in TypeScript and JavaScript',
      without: "kec's",
    }),
})

/** QQ and others want the sender to be the login, which is an address then. */
const senderOf = ({ from, user }: z.output<typeof schema>): string | undefined =>
  from ?? (addressOf(user ?? '') === user ? user : undefined)

export const options = schema
  .refine(given => senderOf(given) !== undefined, {
    path: ['from'],
    error: 'is missing: give the sender, such as "kec@example.org"; only a user that is an address stands in for it',
    // Other mistakes do not hide this one.
    when: ({ value, issues }) => typeof value === 'object' && value !== null && !issues.some(({ path }) => path?.[0] === 'user'),
  })
  .superRefine(({ service, host, password, oauth2, port, encryption }, context) => {
    const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (service === undefined && host === undefined) problem('host', 'is missing: give host, or a service such as "QQ"')
    if (service !== undefined && (host ?? port ?? encryption) !== undefined)
      problem('service', 'says host, port and encryption already: leave these out, or leave service out')
    if (password !== undefined && oauth2 !== undefined) problem('oauth2', 'stands beside password: give one of them')
  })
  .transform(given => ({ ...given, from: senderOf(given) ?? '' })) // never '': that is refused above

export type Options = z.output<typeof options>
