import { loadKubeconfig, surroundings } from '../cluster/kubeconfig.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import { socketOf } from '../control/address.ts'
import { ask, noKec } from '../control/client.ts'
import { KecError } from '../errors.ts'
import { decodeRecord } from '../event.ts'
import type { Io } from '../io.ts'
import type { Journal } from '../journal/journal.ts'
import { type JournalReader, openJournalReader } from '../journal/read-only.ts'
import { openJournal } from '../journal/sqlite.ts'
import { journalFile, loadSettings } from '../settings.ts'
import { type ChangeAnswer, type ChangeName, changesOf, type LettersWish, type ReplayWish } from './changes.ts'

/** Which configuration, and which cluster. */
export interface PlaceFlags {
  readonly config: string | undefined
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
}

/** The journal of a configuration, and the kec that may have it. */
export interface Place {
  readonly loaded: LoadedConfig
  readonly settings: Settings
  readonly file: string
  readonly socket: string
}

/**
 * Finds it as `kec start` does. Mistakes in plugins do not matter, unless it is asked for them (`strictPlugins`). Throws KEC_CONFIG, and
 * KEC_KUBECONFIG if only the kubeconfig says what the cluster is called.
 */
export async function findPlace(flags: PlaceFlags, io: Io, strictPlugins = false): Promise<Place> {
  const { loaded, settings } = await loadSettings(flags, io.env, { strictPlugins })
  const named = settings.cluster !== undefined || settings.journal.dir !== undefined
  const cluster = named ? settings.cluster : (await loadKubeconfig(settings.source, { ...surroundings(), env: io.env })).name
  const file = journalFile(settings, cluster ?? '', io.env)
  return { loaded, settings, file, socket: socketOf(file) }
}

/** Opens the journal beside whoever has it. Throws KEC_JOURNAL. */
export function openReader({ file }: Pick<Place, 'file'>): JournalReader {
  let identity = { name: '', uid: '' }
  const reader = openJournalReader({ file, decode: line => decodeRecord(line, identity) })
  identity = Object.freeze(reader.cluster ?? identity)
  return reader
}

export interface Changed {
  readonly answers: readonly ChangeAnswer[]
  /** A kec runs, and has done it. Else it was done in the file, and a kec that starts goes on with it. */
  readonly running: boolean
}

/** Has the kec that runs change something; if none runs, it is changed in the file. An answer for each wish. */
export async function change(place: Place, name: ChangeName, wishes: readonly (LettersWish | ReplayWish)[]): Promise<Changed> {
  const answers: ChangeAnswer[] = []
  for (const wish of wishes) {
    const answer = await ask(place.socket, name, wish)
    if (answer === noKec) return { answers: [...answers, ...changeFile(place, name, wishes.slice(answers.length))], running: false }
    answers.push(answer as ChangeAnswer) // changesOf() made it
  }
  return { answers, running: true }
}

function changeFile(
  { file, settings: { journal } }: Place,
  name: ChangeName,
  wishes: readonly (LettersWish | ReplayWish)[],
): ChangeAnswer[] {
  const opened = openUnlessLocked(() => openJournal({ file, decode: line => decodeRecord(line, { name: '', uid: '' }), ...journal }))
  try {
    const { [name]: apply } = changesOf(opened)
    return wishes.map(apply)
  } finally {
    opened.close()
  }
}

function openUnlessLocked(open: () => Journal): Journal {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof KecError && error.code === 'KEC_JOURNAL_LOCKED')) throw error
    throw new KecError(
      'KEC_CONTROL',
      `${error.message} Its control socket is not there, so it cannot be asked.`,
      'Its log says why, when it starts. Stop it, and what you want is done in the file; or start it again.',
      { cause: error },
    )
  }
}
