/** Has the system behind the sink fail, and mends it. */
export interface Trouble {
  /** From now on the system refuses, or is not there. */
  begin(): unknown
  /** It is well again. */
  end(): unknown
  /** How often the system was asked so far. With it a sink that tries again by itself is found out. */
  asked?(): number
}

/** One set of options, and the system that they lead to. Whatever is left out is not looked at. */
export interface System<Options> {
  readonly options?: Options
  readonly trouble?: Trouble
  /** Has the system take requests and never answer. With it the time-out is looked at while the sink waits. */
  readonly silence?: Pick<Trouble, 'begin' | 'end'>
  /** The ids of the events that the system has, in order of arrival. With it loss, repeats and order are looked at where it counts. */
  received?(): Iterable<string> | Promise<Iterable<string>>
  /** The reason of an event that the system refuses, and only that one. With it a refused event must not hold up the others. */
  readonly refusedReason?: string
  /** Called when it is needed no more. */
  close?(): unknown
}

/** What the kit must know to try a plugin. */
export interface Subject<Options> extends Omit<System<Options>, 'options' | 'close'> {
  /** Valid options; or a function that makes a system and says which options lead to it: each check then gets a fresh one. */
  readonly options?: Options | (() => System<Options> | Promise<System<Options>>)
  /** Each of them must be refused, by the schema or by setup. */
  readonly wrongOptions?: readonly unknown[]
  /** Texts of the options that must never show in log, errors and metrics. */
  readonly secrets?: readonly string[]
  /** Real ms that the plugin may keep the kit waiting before it counts as one that hangs. Default 3,000. */
  readonly patience?: number
}

/** One thing that is wrong. */
export interface Finding {
  /** What was seen. */
  readonly seen: string
  /** How to mend it. */
  readonly mend: string
}

/** What `conform` throws: everything that it found. */
export class ConformanceError extends Error {
  readonly findings: readonly Finding[]

  constructor(plugin: string, findings: readonly Finding[]) {
    const list = findings.map(({ seen, mend }) => `  - ${seen}\n    To mend it: ${mend}`)
    super(`${plugin} does not keep to what kec asks of a plugin:\n${list.join('\n')}`)
    this.name = 'ConformanceError'
    this.findings = findings
  }
}
