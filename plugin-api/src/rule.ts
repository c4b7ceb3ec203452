/** A pattern: `*` stands for any text, `?` for one character; or a list of patterns, of which one must match. */
export type Pattern = string | readonly string[]

/** Which events an entry gets. All given fields must match. */
export interface Rule {
  readonly type?: Pattern | undefined
  readonly reason?: Pattern | undefined
  /** The kind of the object that the event is about. */
  readonly kind?: Pattern | undefined
  /** The namespace of the event. */
  readonly namespace?: Pattern | undefined
  /** The name of the object that the event is about. */
  readonly name?: Pattern | undefined
}
