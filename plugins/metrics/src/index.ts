import { definePlugin } from '@kec/plugin-api'
import { options } from './options.ts'
import { Series } from './series.ts'

const current = ['type', 'reason', 'kind', 'namespace'] as const
const predecessors = ['type', 'kind', 'name', 'namespace', 'message', 'reason', 'source', 'host'] as const

/** Counts occurrences by type, reason, kind and namespace. What was there before kec first looked, and replays, are not counted. */
export default definePlugin({
  name: 'metrics',
  apiVersion: 1,
  options,
  setup(kec, { legacy, maxLabelValues, maxSeries }) {
    const events = new Series('kec_events_total', current, { labelValues: maxLabelValues, series: maxSeries }, kec.state)
    kec.metrics.counter({
      name: 'kec_events_total',
      help: 'Occurrences of Kubernetes events.',
      labelNames: current,
      collect: () => events.samples(),
    })
    // The predecessor has message as a label: only the number of series bounds it.
    const limits = { labelValues: Number.POSITIVE_INFINITY, series: maxSeries }
    const old = legacy ? new Series('k8s_event_count', predecessors, limits, kec.state) : undefined
    if (old)
      kec.metrics.counter({
        name: 'k8s_event_count',
        help: 'Occurrences of Kubernetes events, with the labels of kube-event-collector.',
        labelNames: predecessors,
        collect: () => old.samples(),
      })

    kec.hooks.onEvent.tap('metrics', (batch, delivery) => {
      if (delivery.replay) return
      for (const { historical, type, reason, namespace, regarding, message, source, occurrences } of batch) {
        if (historical) continue
        const { kind, name } = regarding
        events.add({ type, reason, kind, namespace }, occurrences)
        old?.add({ type, kind, name, namespace, message, reason, source: source.component, host: source.host }, occurrences)
      }
    })
  },
})
