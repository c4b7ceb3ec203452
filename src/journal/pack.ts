import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { NewRecord } from './journal.ts'

/** Bytes of lines in a row: what a reader must unpack to get at one event. An event that is longer has a row to itself. */
const rowBytes = 256 * 1024
const newline = 10
// Level 1 costs less CPU than writing the bytes it saves, with a table that fits the fastest cache a quarter less (bench); the checksum finds
// what a disk changed.
const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_hashLog]: 12, [constants.ZSTD_c_checksumFlag]: 1 }

export interface Row {
  readonly records: readonly NewRecord[]
  /** Of all lines with their newlines. */
  readonly bytes: number
}

/** The records of one commit, cut into rows. */
export function rowsOf(records: readonly NewRecord[]): Row[] {
  const rows: Row[] = []
  let start = 0
  let bytes = 0
  for (const [index, { line }] of records.entries()) {
    if (index > start && bytes + line.length >= rowBytes) {
      rows.push({ records: records.slice(start, index), bytes })
      start = index
      bytes = 0
    }
    bytes += line.length + 1
  }
  if (records.length > 0) rows.push({ records: start === 0 ? records : records.slice(start), bytes })
  return rows
}

export function pack({ records, bytes }: Row): Uint8Array {
  const joined = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const { line } of records) {
    joined.set(line, at)
    at += line.length
    joined[at++] = newline
  }
  return zstdCompressSync(joined, { params })
}

/** Bytes are not what was packed. */
export class DamagedBytes extends Error {}

/** The lines of a packed row. Throws DamagedBytes. */
export function unpack(packed: Uint8Array, count: number): string[] {
  const lines = unpackText(packed).split('\n')
  lines.pop() // what follows the last newline
  if (lines.length !== count) throw new DamagedBytes(`${lines.length} lines where ${count} were written`)
  return lines
}

export function packText(text: string): Uint8Array | null {
  return text === '' ? null : zstdCompressSync(text, { params })
}

/** Throws DamagedBytes. */
export function unpackText(packed: Uint8Array | null): string {
  if (packed === null) return ''
  try {
    return zstdDecompressSync(packed).toString()
  } catch (cause) {
    if (isOfBytes(cause)) throw new DamagedBytes(cause.message, { cause })
    throw cause // there was no memory for it
  }
}

/** Is it the bytes that zstd finds fault with? An end that comes too early is zlib's code for all formats. */
function isOfBytes(error: unknown): error is Error {
  if (!(error instanceof Error && 'code' in error)) return false
  const code = String(error.code)
  return code === 'Z_BUF_ERROR' || (code.startsWith('ZSTD_error_') && code !== 'ZSTD_error_memory_allocation')
}
