import { type FileHandle, mkdir, open, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

export interface LogFileOptions {
  /** The link. */
  readonly file: string
  readonly maxSize: number
  readonly keepDays: number
  readonly sync: boolean
  /** Today. */
  readonly now?: () => Date
}

interface OpenFile {
  readonly handle: FileHandle
  readonly path: string
  readonly day: string
  /** Tells it from another file under the same path. */
  readonly inode: number
  size: number
}

/**
 * The files behind a link: `events.log` leads to `events.YYYYMMDD.log`, then to `events.YYYYMMDD.1.log` once that is full. A write is whole
 * or not there at all: what a full disk cut off is taken back. A file that somebody moved or deleted is made anew.
 */
export class LogFile {
  readonly #options: LogFileOptions
  readonly #folder: string
  readonly #stem: string
  readonly #extension: string
  #open: OpenFile | undefined

  constructor(options: LogFileOptions) {
    this.#options = options
    this.#folder = dirname(options.file)
    this.#extension = extname(options.file)
    this.#stem = basename(options.file, this.#extension)
  }

  /** Makes folder, file and link if they are not there. Throws when it can't, in words for the operator. */
  async prepare(): Promise<void> {
    const { file } = this.#options
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const link = await readlink(file).catch(error => error)
      if (link instanceof Error && !isCode(link, 'ENOENT')) throw new Error('it is there and is no link; move it away')
      await this.#current(0)
    } catch (error) {
      throw new Error(`cannot write the log file ${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }

  /** Resolves when the bytes are written; with `sync`, when they are on the disk. They must end with a newline. */
  async write(bytes: Uint8Array): Promise<void> {
    const file = await this.#current(bytes.length)
    try {
      for (let at = 0; at < bytes.length; ) at += (await file.handle.write(bytes, at, bytes.length - at, file.size + at)).bytesWritten
      if (this.#options.sync) await file.handle.datasync()
    } catch (error) {
      // Half a line would spoil the next one. If even this fails, the file is looked through when it is opened again.
      await file.handle.truncate(file.size).catch(() => undefined)
      await this.close()
      throw error
    }
    file.size += bytes.length
  }

  async close(): Promise<void> {
    const file = this.#open
    this.#open = undefined
    await file?.handle.close()
  }

  /** The file to write so many bytes to. */
  async #current(bytes: number): Promise<OpenFile> {
    const day = dayOf(this.#options.now?.() ?? new Date())
    const file = this.#open
    if (file !== undefined && file.day === day && (file.size === 0 || file.size + bytes <= this.#options.maxSize)) {
      const there = await stat(file.path).catch(() => undefined)
      if (there?.ino === file.inode) return file
    }
    await this.close()
    this.#open = await this.#openFor(day, bytes)
    await this.#link(basename(this.#open.path))
    await this.#removeOld()
    return this.#open
  }

  /** The first file of the day that has room. */
  async #openFor(day: string, bytes: number): Promise<OpenFile> {
    for (let number = 0; ; number++) {
      const path = join(this.#folder, `${this.#stem}.${day}${number === 0 ? '' : `.${number}`}${this.#extension}`)
      const known = await stat(path).catch(() => undefined)
      if (known !== undefined && known.size > 0 && known.size + bytes > this.#options.maxSize) continue
      const flags = known === undefined ? 'wx+' : 'r+'
      const handle = await open(path, flags, 0o600)
      const { ino } = await handle.stat()
      const size = await endOfLastLine(handle)
      await handle.truncate(size)
      return { handle, path, day, inode: ino, size }
    }
  }

  /** Readers find either the old or the new file behind the link, never none. */
  async #link(target: string): Promise<void> {
    const { file } = this.#options
    if ((await readlink(file).catch(() => undefined)) === target) return
    const next = join(this.#folder, `.${basename(file)}.${process.pid}`)
    await rm(next, { force: true })
    await symlink(target, next)
    await rename(next, file)
  }

  /** Only what it could have made itself. */
  async #removeOld(): Promise<void> {
    const now = this.#options.now?.() ?? new Date()
    const oldest = dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - this.#options.keepDays))
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith(`${this.#stem}.`) || !name.endsWith(this.#extension)) continue
      const middle = name.slice(this.#stem.length, name.length - this.#extension.length)
      const [, day] = /^\.(\d{8})(?:\.\d+)?$/.exec(middle) ?? []
      if (day !== undefined && day < oldest) await rm(join(this.#folder, name), { force: true })
    }
  }
}

/** Where the last whole line ends: what a crash left behind it was never acknowledged, and comes again. */
async function endOfLastLine(handle: FileHandle): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024)
  for (let end = (await handle.stat()).size; end > 0; ) {
    const start = Math.max(0, end - chunk.length)
    const { bytesRead } = await handle.read(chunk, 0, end - start, start)
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(10)
    if (newline >= 0) return start + newline + 1
    end = start
  }
  return 0
}

/** The local day, as the names of the files have it. */
function dayOf(date: Date): string {
  const part = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}${part(date.getMonth() + 1)}${part(date.getDate())}`
}

function isCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code
}
