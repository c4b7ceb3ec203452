import type { Route, Verb } from './route.ts'
import { forbidden, unauthorized } from './status.ts'

/** What a user may not do; a field that is left out stands for all. */
export interface Denial {
  readonly verb?: Verb
  /** '' is core/v1. */
  readonly group?: string
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
}

/** Who may do what. The one who has the token may do all but what is denied. */
export class Access {
  token: string
  readonly #anonymous: boolean
  readonly #denials = new Set<Denial>()

  constructor(token: string, anonymous: boolean) {
    this.token = token
    this.#anonymous = anonymous
  }

  /** Denies until the answer is called. */
  deny(denial: Denial): () => void {
    this.#denials.add(denial)
    return () => this.#denials.delete(denial)
  }

  /** The user's name. Throws ApiError 401 for a token that is not the one. */
  authenticate(token: string | undefined): string {
    if (token === undefined) return this.#anonymous ? 'sandbox' : 'system:anonymous'
    if (token !== this.token) throw unauthorized()
    return 'sandbox'
  }

  /** Throws ApiError 403. */
  authorise(user: string, { verb, kind, namespace, name }: Route): void {
    const denied = [...this.#denials].some(
      denial =>
        (denial.verb ?? verb) === verb &&
        (denial.group ?? kind.group) === kind.group &&
        (denial.resource ?? kind.resource) === kind.resource &&
        (denial.namespace ?? namespace) === namespace &&
        (denial.name ?? name) === name,
    )
    if (!denied && user !== 'system:anonymous') return
    // A namespace is, to the API server's authoriser, in itself.
    throw forbidden(user, verb, kind, kind.resource === 'namespaces' ? name : namespace, name)
  }
}
