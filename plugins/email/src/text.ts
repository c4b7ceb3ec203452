import type { Digest, Row } from './digest.ts'
import type { Times } from './times.ts'
import { seeAllCommand, sumsOf, total } from './wording.ts'
import type { Words } from './words.ts'

/** The digest as plain text. */
export function textOf(digest: Digest, words: Words, times: Times): string {
  const { cluster, warnings, normals, first, last, rows, rest } = digest
  const head = `${words.events(warnings, normals)}${words.comma}${words.cluster} ${cluster}\n${times.span(first, last)} (${times.zone})`
  const sums = sumsOf(rest, words).map(([name, count]) => `  ${count}× ${name}`)
  return [
    head,
    ...rows.map(row => rowText(row, times)),
    ...(rest.length > 0 ? [`${words.more(total(rest))}${words.colon}\n${sums.join('\n')}`] : []),
    `${words.seeAll} ${seeAllCommand}`,
    `-- \n${words.footer}\n`,
  ].join('\n\n')
}

function rowText({ count, reason, object, message, source, first, last }: Row, times: Times): string {
  const where = [times.span(first, last), source].filter(text => text !== '').join(', ')
  return [`${count}× ${reason}  ${object}`, ...(message === '' ? [] : [`    ${message}`]), `    ${where}`].join('\n')
}
