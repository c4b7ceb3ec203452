import { z } from 'zod'

export const options = z.strictObject({
  /** Also the predecessor's k8s_event_count, with its many labels. Default: false. */
  legacy: z.boolean().default(false),
  /** Values of one label; further ones are `other`. Default: 500. */
  maxLabelValues: z.int().min(1).default(500),
  /** Series of a metric in all; what comes then is counted under `other`. Default: 10,000. */
  maxSeries: z.int().min(1).default(10_000),
})
