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

/** The lines of a packed row. Throws if the bytes are not what was packed. */
export function unpack(packed: Uint8Array, count: number): string[] {
  const lines = zstdDecompressSync(packed).toString().split('\n')
  lines.pop() // what follows the last newline
  if (lines.length !== count) throw new Error(`${lines.length} lines where ${count} were written`)
  return lines
}

export function packText(text: string): Uint8Array | null {
  return text === '' ? null : zstdCompressSync(text, { params })
}

export function unpackText(packed: Uint8Array | null): string {
  return packed === null ? '' : zstdDecompressSync(packed).toString()
}
