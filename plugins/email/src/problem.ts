import { clean } from './clean.ts'
import { addressOf, type Options } from './options.ts'
import type { SmtpError } from './sender.ts'
import type { Server } from './server.ts'

/** Why a mail could not be sent, for who runs kec, and what follows. */
export interface Problem {
  readonly message: string
  /** ms to leave the server alone, at least; 0: as kec likes. */
  readonly wait: number
  /** The server has read the mail and does not want it. */
  readonly isRefusal: boolean
}

const minute = 60_000
/** ms. What only a person can mend is not tried more often. */
export const untilMended = 15 * minute

export function problemOf(error: SmtpError, options: Options, { host, port, encryption }: Server): Problem {
  const { code = '', command = '', responseCode = 0, response } = error
  const server = `${host}:${port}`
  const answer = clean(response ?? error.message, 200)
  const forGood = responseCode >= 500
  const problem = (message: string, wait = 0, isRefusal = false): Problem => ({ message, wait, isRefusal })

  if (code === 'EAUTH' || code === 'EOAUTH2' || code === 'ENOAUTH') {
    const user = options.user ?? addressOf(options.from)
    if (!forGood && responseCode !== 0) return problem(`${server} can't log in ${user} now: ${answer}`, minute)
    return problem(
      `${server} refuses the login of ${user}: ${answer}. ${loginHelp(options, host)} It is tried again in 15 min.`,
      untilMended,
    )
  }
  if (code === 'ETLS' && command === 'STARTTLS' && response !== undefined)
    return problem(
      `${server} does not offer STARTTLS (${answer}). Use port 465, or say encryption: 'none' if the way there is safe.`,
      minute,
    )
  if (isCertificateProblem(error))
    return problem(`the certificate of ${server} can't be verified: ${answer}. Give its CA: ca: '\${file:/path/to/ca.pem}'.`, minute)
  if (/wrong version number|packet length too long/i.test(error.message))
    return problem(
      encryption === 'tls'
        ? `${server} does not speak TLS from the first byte: leave out encryption, or say 'starttls'.`
        : `${server} answered STARTTLS with something that is not TLS: ${answer}`,
      minute,
    )
  if (command === 'MAIL FROM' && forGood) return problem(`${server} refuses the sender ${options.from}: ${answer}`, untilMended)
  if (command === 'DATA' && forGood) return problem(`${server} refuses the mail: ${answer}`, minute, true)
  if (code === 'EMESSAGE' && responseCode === 0) return problem(`${server} takes no mail of this size: ${answer}`, minute, true)
  return problem(`${server}${command === '' || command === 'CONN' ? '' : ` at ${command}`}: ${answer}`)
}

function loginHelp({ oauth2 }: Options, host: string): string {
  if (oauth2) return 'Correct oauth2: the refresh token may have been withdrawn.'
  if (/(^|\.)qq\.com$/i.test(host))
    return 'QQ wants the authorisation code (授权码) as password, not that of the account: mail.qq.com, 设置 > 账号 > 开启 SMTP 服务 > 生成授权码.'
  if (/(^|\.)(163|126)\.com$/i.test(host)) return 'It wants the authorisation code (授权码) as password, not that of the account.'
  if (/(^|\.)(gmail|googlemail)\.com$/i.test(host)) return 'Google wants an app password, not that of the account, or oauth2.'
  return 'Correct user and password.'
}

/** OpenSSL's and Node's names of what can be wrong with a certificate. */
function isCertificateProblem(error: SmtpError): boolean {
  const cause = error.cause as { code?: unknown } | undefined // a system error, if any
  return /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(`${error.code} ${cause?.code}`) || /certificate|altnames/i.test(error.message)
}
