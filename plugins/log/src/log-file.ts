import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { cutHalfLine } from './half-line.ts'
import { pointLink, readLink } from './link.ts'
import { dayOf, Names } from './names.ts'
import { isCode, LogFileProblem } from './problem.ts'
import { writeAll } from './write-all.ts'

export interface LogFileOptions {
  /** The link. */
  readonly file: string
  /** Bytes. */
  readonly maxSize: number
  readonly keepDays: number
  readonly sync: boolean
  /** Hears of what is wrong and does not stop the log. */
  readonly warn: (message: string) => void
  /** Today. */
  readonly now?: () => Date
}

/** The file that is written now. */
interface Current {
  readonly handle: FileHandle
  readonly day: string
  /** Tell it from another file under the same path. */
  readonly ino: number
  readonly dev: number
}

/** Where the next bytes go. */
interface End {
  readonly handle: FileHandle
  readonly size: number
}

// Appended, so that a file which somebody emptied has no hole. Not through a link that somebody laid, nor waiting for a pipe's reader.
const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * The files behind a link: `events.log` leads to `events.YYYYMMDD.log`, then to `events.YYYYMMDD.1.log` once that is full. A write is whole
 * or not there at all: what a full disk cut off is taken back. A file or link that somebody moved or deleted is made anew.
 */
export class LogFile {
  readonly #options: LogFileOptions
  readonly #link: string
  readonly #folder: string
  readonly #names: Names
  #current: Current | undefined

  constructor(options: LogFileOptions) {
    this.#options = options
    this.#link = resolve(options.file)
    this.#folder = dirname(this.#link)
    this.#names = new Names(this.#link)
  }

  /** Makes folder, file and link if they are not there. Throws when it can't, in words for the operator. */
  async prepare(): Promise<void> {
    try {
      await this.#ready(0)
    } catch (error) {
      throw new LogFileProblem(this.#link, error)
    }
  }

  /** Resolves when the bytes are written; with `sync`, when they are on the disk. They must end with a newline. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      const end = await this.#ready(bytes.length)
      await this.#append(bytes, end)
    } catch (error) {
      await this.close()
      throw new LogFileProblem(this.#link, error)
    }
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.handle.close()
  }

  async #append(bytes: Uint8Array, { handle, size }: End): Promise<void> {
    const { written, error } = await writeAll(handle.fd, bytes)
    try {
      if (error) throw error
      if (this.#options.sync) await handle.sync()
    } catch (failure) {
      // The batch comes again. If even this fails, the half line is cut off when the file is opened again.
      if (written > 0) await handle.truncate(size)
      throw failure
    }
  }

  /** The file to write so many bytes to: the one that is open, or another. */
  async #ready(bytes: number): Promise<End> {
    const day = dayOf(this.#today())
    const current = this.#current
    if (current !== undefined) {
      // Through the link: this notices whatever was done to either of them.
      const there = await stat(this.#link).catch(error => {
        if (isCode(error, 'ENOENT')) return undefined
        throw error
      })
      const same = there?.ino === current.ino && there.dev === current.dev
      if (same && current.day === day && this.#fits(there.size, bytes)) return { handle: current.handle, size: there.size }
      await this.close()
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const target = await readLink(this.#link)
    if (target !== undefined && this.#names.read(target) === undefined)
      throw new Error(`it is a link to ${target}, which kec has not made; remove it`)
    return this.#open(day, await this.#numberFor(day, bytes))
  }

  #today(): Date {
    return this.#options.now?.() ?? new Date()
  }

  #fits(size: number, bytes: number): boolean {
    return size === 0 || size + bytes <= this.#options.maxSize
  }

  /** The day's newest file if it has room, else a new one. */
  async #numberFor(day: string, bytes: number): Promise<number> {
    const files = (await readdir(this.#folder)).flatMap(name => this.#names.read(name) ?? [])
    const newest = Math.max(0, ...files.filter(file => file.day === day).map(({ number }) => number))
    const there = await stat(join(this.#folder, this.#names.make(day, newest))).catch(() => undefined) // opening it will say why
    return this.#fits(there?.size ?? 0, bytes) ? newest : newest + 1
  }

  async #open(day: string, number: number): Promise<End> {
    const name = this.#names.make(day, number)
    const handle = await open(join(this.#folder, name), flags, 0o600)
    try {
      if (!(await handle.stat()).isFile()) throw new Error(`${name} is there and is no file; move it away`)
      await cutHalfLine(handle)
      if ((await readLink(this.#link)) !== name) await pointLink(this.#link, name)
      if (this.#options.sync) await syncFolder(this.#folder)
      const { ino, dev, size } = await handle.stat()
      await this.#removeOld()
      this.#current = { handle, day, ino, dev }
      return { handle, size }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Only what it could have made itself. The log goes on if it can't. */
  async #removeOld(): Promise<void> {
    const today = this.#today()
    const oldest = dayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() - this.#options.keepDays))
    try {
      for (const name of await readdir(this.#folder)) {
        const file = this.#names.read(name)
        if (file !== undefined && file.day < oldest) await rm(join(this.#folder, name), { force: true })
      }
    } catch (error) {
      this.#options.warn(`cannot remove old log files: ${error instanceof Error ? error.message : error}`)
    }
  }
}

/** Without this a power cut may lose the name of a new file, and its bytes with it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
