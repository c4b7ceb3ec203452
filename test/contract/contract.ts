import { after, before, describe } from 'node:test'
import { access } from './access.ts'
import { Client, type Target } from './client.ts'
import { discovery } from './discovery.ts'
import { drills } from './drills.ts'
import { lists } from './lists.ts'
import { Place } from './place.ts'
import { selectors } from './selectors.ts'
import { tables } from './tables.ts'
import { updates } from './updates.ts'
import { watches } from './watches.ts'
import { writes } from './writes.ts'

/** A server that is to keep the contract. */
export interface ContractServer {
  readonly target: Target
  /** Forgets all history until now. */
  compact(): Promise<void>
  close(): Promise<void>
}

/** What the tests of a contract work with. */
export interface Subject {
  readonly client: Client
  compact(): Promise<void>
  /** A namespace of the test's own. */
  place(): Promise<Place>
}

/** How an API server treats events. The same tests run on every server: where one is red on one server only, that server is no stand-in. */
export function contract(name: string, open: () => Promise<ContractServer>, options: { readonly skip?: string | false } = {}): void {
  describe(name, { skip: options.skip ?? false }, () => {
    let server: ContractServer | undefined
    let client: Client | undefined
    let places = 0

    before(async () => {
      server = await open()
      client = new Client(server.target)
    })
    after(async () => {
      await client?.close()
      await server?.close()
    })

    const there = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error('the server did not start')
      return value
    }
    const subject: Subject = {
      get client() {
        return there(client)
      },
      compact: () => there(server).compact(),
      place: () => Place.make(there(client), `place-${++places}`),
    }
    for (const part of [writes, drills, updates, lists, tables, selectors, watches, access, discovery]) part(subject)
  })
}
