import type { Log } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import type { EventsApi } from './events-api.ts'
import { asFailure } from './failure.ts'
import { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import { pageSizes } from './list-all.ts'
import { ListProgress } from './list-progress.ts'
import { takeOutGarbage } from './memory.ts'
import type { ListCause, Position, Read } from './read.ts'
import { compareVersions } from './version.ts'

export interface ListerSetup {
  /** The stream's name. */
  readonly key: string
  readonly api: EventsApi
  readonly cluster: ClusterIdentity
  readonly ledger: Ledger
  readonly selectors: string
  readonly log: Log
}

/** One page of a list. Only the last one's read moves the stream's version, and has the gap, if there is one. */
export interface ListedPage {
  readonly read: Read
  /** Objects that were skipped. */
  readonly unusable: number
  readonly isLast: boolean
  /** The list shows another history than that of the position. */
  readonly isReplaced: boolean
}

/** Events of a list between which the garbage is taken out. */
const garbageAfter = 4_000

/** The lists of one stream. Those that can't end before their token expires are tried again with larger pages. */
export class Lister {
  readonly #setup: ListerSetup
  #pageSize = 0

  constructor(setup: ListerSetup) {
    this.#setup = setup
  }

  /**
   * Lists everything. A page is to be stored before the next one is asked for. `unbroken`: nothing can have been missed until now, so that the
   * list makes no gap. Throws Failure: gone if the token has expired.
   */
  async *pages(before: Position, cause: ListCause, unbroken: boolean, signal: AbortSignal): AsyncGenerator<ListedPage> {
    const { api, ledger, key, cluster, selectors, log } = this.#setup
    const limit = pageSizes[this.#pageSize] ?? 10_000
    const began = Date.now()
    ledger.beginList()
    let page = await api.list(limit, '', signal)
    // A later page that claims to be newer does not make what went before it so.
    const { version } = page
    const isReplaced = cause === 'replaced' || (before.version !== '' && compareVersions(version, before.version) < 0)
    const gap = before.version === '' || (unbroken && !isReplaced) ? undefined : gapSince(before.seen, isReplaced ? 'replaced' : cause)
    const historical = before.historical === '' ? version : before.historical
    const epoch = before.epoch + (isReplaced ? 1 : 0)
    const progress = new ListProgress(log, key)
    let held: Position['held'] = []
    let since = 0
    for (;;) {
      const intake = new Intake(key, ledger, cluster, { ...before, historical, epoch, held })
      for (const item of page.items) intake.listed(item, isReplaced)
      const { unusable } = intake
      progress.page(page.items.length, page.remaining)
      if (page.continue === '') {
        ledger.endList()
        this.#pageSize = 0
        const now = { version, seen: began, selectors, anchors: intake.held, trusted: began }
        yield { read: intake.read(now, gap), unusable, isLast: true, isReplaced }
        progress.end()
        return
      }
      // Until the list is through, the stream stands where it stood.
      yield { read: intake.read({ ...before, historical }), unusable, isLast: false, isReplaced }
      held = intake.held
      since += page.items.length
      if (since >= garbageAfter) {
        takeOutGarbage()
        since = 0
      }
      page = await this.#nextPage(limit, page.continue, signal)
    }
  }

  async #nextPage(limit: number, from: string, signal: AbortSignal) {
    try {
      return await this.#setup.api.list(limit, from, signal)
    } catch (error) {
      // The list took too long. The API server offers a token that leaves out what came meanwhile: begin again, with larger pages.
      if (asFailure(error).reason === 'gone') this.#pageSize = Math.min(this.#pageSize + 1, pageSizes.length - 1)
      throw error
    }
  }
}

/** From when nothing had been missed until now, when the first page is there. */
function gapSince(seen: number, cause: ListCause): Read['gap'] {
  const to = new Date()
  // A clock that was set back makes no gap that ends before it begins.
  return { from: new Date(Math.min(seen, to.getTime())), to, cause }
}
