import { z } from 'zod'

export const options = z.strictObject({
  legacy: z
    .boolean()
    .default(false)
    .describe("also the predecessor's `k8s_event_count{type,kind,name,namespace,message,reason,source,host}`"),
  maxLabelValues: z.int().min(1).default(500).describe('values of one label; further ones are counted as `other`'),
  maxSeries: z.int().min(1).default(10_000).describe('series of a metric; what comes then is counted as `other`'),
})
