import type { RawEvent } from '../event.ts'
import type { EventsApi, Page } from './events-api.ts'
import { asFailure } from './failure.ts'

/** Of a list; ten thousand when pages of 500 can't end before their token expires. */
export const pageSizes = [500, 2_000, 10_000] as const

/**
 * All that the API server holds now, at one version. `onPage` hears of each page; `begin` that a list begins, or begins again with larger
 * pages because its token has expired.
 */
export async function listAll(
  api: EventsApi,
  signal: AbortSignal,
  begin: () => void,
  onPage: (items: readonly RawEvent[], remaining: number | undefined) => void,
): Promise<string> {
  for (const [attempt, limit] of pageSizes.entries()) {
    begin()
    let page: Page | undefined
    try {
      do {
        page = await api.list(limit, page?.continue ?? '', signal)
        onPage(page.items, page.remaining)
      } while (page.continue !== '')
      return page.version
    } catch (error) {
      if (asFailure(error).reason !== 'gone' || attempt === pageSizes.length - 1) throw error
    }
  }
  throw new Error('the last attempt has thrown')
}
