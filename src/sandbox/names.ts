// What may be a name, and what the API server says of one that may not.

const examples = (one: string, two: string, three: string, regex: string): string =>
  `(e.g. '${one}',  or '${two}',  or '${three}', regex used for validation is '${regex}')`

const rest = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const qualified = `${rest} ${examples('MyName', 'my.name', '123-abc', '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')}`
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const value = `a valid label must be an empty string or ${rest.replace('must ', '')}`
const valueExamples = examples('MyValue', 'my_value', '12345', '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')

const nameSyntax = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const subdomainSyntax = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

const tooLong = (text: string, limit: number, part = ''): string[] =>
  Buffer.byteLength(text) > limit ? [`${part}must be no more than ${limit} bytes`] : []

/** Of a label's key or a controller's name: `name`, or `prefix/name`. */
export function qualifiedNameMistakes(text: string): string[] {
  const parts = text.split('/')
  if (parts.length > 2) {
    return [`a valid label key ${qualified.replace(/\)$/, '')}) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix ? subdomainMistakes(prefix).map(mistake => `prefix part ${mistake}`) : []),
    ...(name ? tooLong(name, 63, 'name part ') : ['name part must be non-empty']),
    ...(nameSyntax.test(name) ? [] : [`name part ${qualified}`]),
  ]
}

/** Of the name of most objects. */
export function subdomainMistakes(text: string): string[] {
  return [...tooLong(text, 253), ...(subdomainSyntax.test(text) ? [] : [subdomain])]
}

export function labelValueMistakes(text: string): string[] {
  return [...tooLong(text, 63), ...(text === '' || nameSyntax.test(text) ? [] : [`${value} ${valueExamples}`])]
}
