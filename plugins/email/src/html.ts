import { escapeHtml } from './clean.ts'
import type { Digest, Row } from './digest.ts'
import type { Times } from './times.ts'
import { seeAllCommand, sumsOf, total } from './wording.ts'
import type { Words } from './words.ts'

const font = "-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
const muted = 'color:#59636e;font-size:12px'
const line = 'border-bottom:1px solid #d8dee4'
const wrap = 'word-break:break-word;overflow-wrap:anywhere'

/** Only what a mail reader that knows no style sheet can do without: the dark colours. */
const dark = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){.p{background:#0f1318!important;color:#e6e9ec!important}.m{color:#9aa5b1!important}.l{border-color:#2d343c!important}.c{background:#1e252d!important;color:#e6e9ec!important}.w{color:#ff9f6b!important}}`

/** The digest as HTML: tables and inline styles, which every mail reader understands. */
export function htmlOf(digest: Digest, words: Words, times: Times, language: string): string {
  const { cluster, warnings, normals, first, last, rows, rest } = digest
  const head = `<tr><td colspan="2" class="l" style="padding:0 0 12px;${line}"><div style="font-size:18px;font-weight:600;${wrap}">${escapeHtml(words.events(warnings, normals))}</div><div class="m" style="${muted};padding-top:4px;${wrap}">${words.cluster} ${escapeHtml(cluster)} · ${times.span(first, last)} (${escapeHtml(times.zone)})</div></td></tr>`
  const body = rows.map(row => htmlRow(row, times)).join('\n')
  return page(`${head}\n${body}\n${rest.length > 0 ? sumsHtml(digest, words) : ''}${foot(words)}`, language)
}

/** One row; how many of them fit into a mail follows from their size. */
export function htmlRow({ warning, count, reason, object, message, source, first, last }: Row, times: Times): string {
  const where = [times.span(first, last), source].filter(text => text !== '').join(' · ')
  const colour = warning ? 'color:#b93815' : ''
  const text = message === '' ? '' : `<div style="padding-top:2px">${escapeHtml(message)}</div>`
  return `<tr><td class="l" style="padding:10px 12px 10px 0;${line};${wrap}"><b class="${warning ? 'w' : ''}" style="${colour}">${escapeHtml(reason)}</b> ${escapeHtml(object)}${text}<div class="m" style="${muted};padding-top:2px">${escapeHtml(where)}</div></td><td class="l" align="right" valign="top" style="padding:10px 0;${line};white-space:nowrap"><b>${count}×</b></td></tr>`
}

/** Instead of a digest, where the server did not take it. */
export function bareHtml(digest: Digest, words: Words, language: string): string {
  const what = escapeHtml(words.events(digest.warnings, digest.normals))
  return page(`<tr><td colspan="2"><b>${what}</b><p>${escapeHtml(words.withheld)}</p></td></tr>${foot(words)}`, language)
}

function sumsHtml({ rest }: Digest, words: Words): string {
  const rows = sumsOf(rest, words).map(
    ([name, count]) =>
      `<tr><td style="padding:2px 12px 2px 0;${wrap}">${escapeHtml(name)}</td><td align="right" valign="top" style="padding:2px 0;white-space:nowrap">${count}×</td></tr>`,
  )
  return `<tr><td colspan="2" style="padding:16px 0 4px;font-weight:600">${escapeHtml(words.more(total(rest)))}</td></tr>\n${rows.join('\n')}\n`
}

function foot(words: Words): string {
  return `<tr><td colspan="2" style="padding:16px 0 0">${escapeHtml(words.seeAll)} <code class="c" style="background:#eff1f3;padding:2px 6px;font-size:13px;white-space:nowrap">${seeAllCommand}</code></td></tr>
<tr><td colspan="2" class="m" style="${muted};padding:12px 0 0">${escapeHtml(words.footer)}</td></tr>`
}

function page(rows: string, language: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no"><title>kec</title><style>${dark}</style></head>
<body class="p" style="margin:0;padding:0;background:#ffffff;color:#1f2328"><table role="presentation" class="p" width="100%" cellpadding="0" cellspacing="0" style="background:#ffffff;color:#1f2328;font:14px/1.5 ${font}"><tr><td align="center" style="padding:20px 16px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:720px;text-align:left;border-collapse:collapse">
${rows}
</table></td></tr></table></body></html>
`
}
