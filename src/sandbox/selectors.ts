import { labelValueMistakes, qualifiedNameMistakes } from './names.ts'
import { badRequest } from './status.ts'

/** Reads a label selector in its text form, as in the query of a list. */
export function parseLabelSelector(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const requirements = new LabelParser(text).requirements()
  return labels => requirements.every(holds => holds(labels))
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

const operators = 'in, notin, =, ==, !=, gt, lt'
class LabelParser {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[!=,()<>]|[^\s!=,()<>]+/g) ?? []
  }

  requirements(): Requirement[] {
    const found: Requirement[] = []
    if (this.#peek() === '') return found
    const first = this.#peek()
    if (first !== '!' && !this.#isWord()) throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`)
    for (;;) {
      found.push(this.#requirement())
      if (this.#peek() === '') return found
      if (this.#peek() !== ',') throw badRequest(`found '${this.#peek()}', expected: ',' or 'end of string'`)
      this.#take()
      if (this.#peek() !== '!' && !this.#isWord()) throw badRequest(`found '${this.#peek()}', expected: identifier after ','`)
    }
  }

  #requirement(): Requirement {
    const negated = this.#peek() === '!'
    if (negated) this.#take()
    if (!this.#isWord()) throw this.#unparsable(`found '${this.#peek()}', expected: identifier`)
    const key = this.#take()
    const [mistake] = qualifiedNameMistakes(key)
    if (mistake !== undefined) throw this.#unparsable(`<nil>: Invalid value: "${key}": ${mistake}`)
    if (negated) return labels => !Object.hasOwn(labels, key)
    const operator = this.#peek()
    if (operator === '' || operator === ',') return labels => Object.hasOwn(labels, key)
    if (!['in', 'notin', '=', '==', '!=', '<', '>'].includes(operator)) {
      throw this.#unparsable(`found '${operator}', expected: ${operators}`)
    }
    this.#take()
    if (operator === 'in' || operator === 'notin') {
      const values = this.#values(key)
      return operator === 'in' ? labels => values.has(labels[key]) : labels => !values.has(labels[key])
    }
    const value = this.#isWord() ? this.#take() : ''
    if (operator === '<' || operator === '>') return this.#compared(key, operator, value)
    this.#check(key, value)
    return operator === '!=' ? labels => labels[key] !== value : labels => labels[key] === value
  }

  #compared(key: string, operator: string, value: string): Requirement {
    const integer = /^[+-]?\d+$/
    if (!integer.test(value)) {
      throw this.#unparsable(`values[0]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`)
    }
    return labels => {
      const has = labels[key] ?? ''
      return integer.test(has) && (operator === '<' ? BigInt(has) < BigInt(value) : BigInt(has) > BigInt(value))
    }
  }

  #values(key: string): Set<string | undefined> {
    if (this.#peek() !== '(') throw this.#unparsable(`found '${this.#peek()}' expected: '('`)
    this.#take()
    const values = new Set<string | undefined>()
    for (;;) {
      const value = this.#isWord() ? this.#take() : ''
      this.#check(key, value)
      values.add(value)
      const end = this.#peek()
      if (end !== ',' && end !== ')') throw this.#unparsable(`found '${end}', expected: ',' or ')'`)
      this.#take()
      if (end === ')') return values
    }
  }

  #check(key: string, value: string): void {
    const [mistake] = labelValueMistakes(value)
    if (mistake !== undefined) throw this.#unparsable(`values[0][${key}]: Invalid value: "${value}": ${mistake}`)
  }

  #unparsable(why: string): Error {
    return badRequest(`unable to parse requirement: ${why}`)
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? ''
  }

  #isWord(): boolean {
    return /^[^!=,()<>]/.test(this.#peek())
  }

  #take(): string {
    const token = this.#peek()
    this.#next++
    return token
  }
}

/** Reads a field selector. `fields` are the names that the kind knows, each with how its value is found. */
export function parseFieldSelector<T>(text: string, fields: Readonly<Record<string, (object: T) => string>>): (object: T) => boolean {
  const terms = splitUnescaped(text)
    .filter(term => term !== '')
    .map(term => {
      const [, name = '', operator, value = ''] = /^((?:[^=!\\]|\\.|!(?!=))*)(==|!=|=)(.*)$/s.exec(term) ?? []
      if (operator === undefined) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
      const wanted = unescaped(value)
      const find = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (!find) throw badRequest(`field label not supported: ${name}`)
      return { find, wanted, negated: operator === '!=' }
    })
  return object => terms.every(({ find, wanted, negated }) => (find(object) === wanted) !== negated)
}

const splitUnescaped = (text: string): string[] => text.match(/(?:[^,\\]|\\.)+/gs) ?? []

function unescaped(value: string): string {
  if (/^(?:[^\\=]|\\.)*=/s.test(value)) throw badRequest('invalid field selector: unescaped character in value: 61')
  return value.replace(/\\(.?)/gs, (_, escaped: string) => {
    if (!['\\', ',', '='].includes(escaped)) throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`)
    return escaped
  })
}
