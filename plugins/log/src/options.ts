import { z } from 'zod'
import { fields } from './line.ts'

const megabyte = 1024 * 1024

export const options = z.strictObject({
  file: z.string().min(1).optional().meta({
    description: 'the log file: a link to the file of today, which stands beside it (`events.20260131.log`, then `events.20260131.1.log`)',
    without: 'standard output',
  }),
  fields: z.array(z.enum(fields)).min(1).optional().meta({ description: 'which fields a line has', without: 'all' }),
  maxSize: z
    .int()
    .min(megabyte)
    .default(100 * megabyte)
    .describe('bytes after which a file is followed by another one of the same day'),
  keepDays: z.int().min(1).default(7).describe("days that files are kept, today's aside"),
  sync: z
    .boolean()
    .default(false)
    .describe('flush each batch to the disk (fsync) before it counts as delivered; else it counts when the operating system has it'),
})
