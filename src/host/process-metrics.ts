import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Labels, Sample } from '@kec/plugin-api'
import type { MetricsRegistry } from './metrics.ts'

const one = (value: number, labels: Labels = {}): Sample[] => [{ labels, value }]

/**
 * The process, by the names that dashboards for Node.js know. prom-client's own set is left out: its timer for the event loop's lag takes
 * 0.4 % of a core from an idle kec, and promtool finds fault with some of its names.
 */
export function registerProcessMetrics(registry: MetricsRegistry): void {
  const counter = (name: string, help: string, value: () => number) =>
    registry.collected('counter', { name, help, collect: () => one(value()) })
  const gauge = (name: string, help: string, value: () => number) =>
    registry.collected('gauge', { name, help, collect: () => one(value()) })

  counter('process_cpu_user_seconds_total', 'User CPU time spent in seconds.', () => process.cpuUsage().user / 1e6)
  counter('process_cpu_system_seconds_total', 'System CPU time spent in seconds.', () => process.cpuUsage().system / 1e6)
  counter('process_cpu_seconds_total', 'User and system CPU time spent in seconds.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_start_time_seconds', 'Start of the process in seconds since the epoch.', () => performance.timeOrigin / 1000)
  gauge('process_resident_memory_bytes', 'Resident memory in bytes.', () => process.memoryUsage.rss())
  if (existsSync('/proc/self/fd')) {
    gauge('process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length - 1) // but the one that reads them
    const limit = maxFds()
    if (limit !== undefined) gauge('process_max_fds', 'Most file descriptors that may be open.', () => limit)
  }
  gauge('nodejs_heap_size_total_bytes', 'Size of the heap in bytes.', () => process.memoryUsage().heapTotal)
  gauge('nodejs_heap_size_used_bytes', 'Bytes of the heap in use.', () => process.memoryUsage().heapUsed)
  gauge('nodejs_external_memory_bytes', 'Bytes outside of the heap that objects in it hold.', () => process.memoryUsage().external)
  counter(
    'nodejs_eventloop_active_seconds_total',
    'Time that the event loop was busy, in seconds; 1 in a second: no time is left.',
    () => performance.eventLoopUtilization().active / 1000,
  )
  registry.collected('gauge', {
    name: 'nodejs_version_info',
    help: 'The version of Node.js.',
    labelNames: ['version'],
    collect: () => one(1, { version: process.version }),
  })
}

/** Undefined for no limit. */
function maxFds(): number | undefined {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return limit === undefined ? undefined : Number(limit)
}
