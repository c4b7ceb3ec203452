import { z } from 'zod'
import { fields } from './line.ts'

const megabyte = 1024 * 1024

export const options = z.strictObject({
  /** The log file. It is a link to the file of today, which stands beside it: events.log -> events.20260131.log. Default: standard output. */
  file: z.string().min(1).optional(),
  /** Which fields a line has. Default: all. */
  fields: z.array(z.enum(fields)).min(1).optional(),
  /** Bytes after which a file is followed by another one of the same day. Default: 100 MiB. */
  maxSize: z
    .int()
    .min(megabyte)
    .default(100 * megabyte),
  /** Days that files are kept, today's aside. Default: 7. */
  keepDays: z.int().min(1).default(7),
  /** Flush each batch to the disk (fsync) before it counts as delivered. Default: false: it counts when the operating system has it. */
  sync: z.boolean().default(false),
})
