import type { Rule } from '@kec/plugin-api'
import { printable } from '../printable.ts'
import type { DeliverySetting, ListedPlugin } from './plugin-list.ts'
import { type Paint, thousands, wrapText } from './text.ts'

const width = 80

/** The plugins on 80 columns, each with a line for what there is to say of it. */
export function pluginListText(plugins: readonly ListedPlugin[], notices: readonly string[], paint: Paint): string {
  const told = notices.map(notice => `${wrapText(printable(notice), width, '')}\n`)
  return [...told, ...plugins.map(plugin => pluginText(plugin, paint))].join('\n')
}

function pluginText({ name, plugin, version, from, taps, tapsKnown, delivery, match }: ListedPlugin, paint: Paint): string {
  const { maxBatch, linger, timeout, maxAttempts } = delivery
  const settings = [
    setting('maxBatch', maxBatch, ''),
    setting('linger', linger, '\u00a0ms'),
    setting('timeout', timeout, '\u00a0ms'),
    setting('maxAttempts', maxAttempts, ''),
  ]
  const more = tapsKnown ? [] : ['maybe more: its setup was cut short']
  const isSink = taps.includes('onEvent') || !tapsKnown
  const rows = [
    ['plugin', version === undefined ? plugin : `${plugin} ${version}`],
    ['from', from ?? 'the configuration itself'],
    ['taps', [...taps, ...more].join(', ') || 'nothing: it will never be called'],
    ...(isSink
      ? [
          ['delivery', settings.join(', ')],
          ['match', matchText(match)],
        ]
      : []),
  ]
  const lines = rows.map(([label = '', text = '']) => {
    const wrapped = wrapText(printable(text), width, ' '.repeat(12)).replaceAll('\u00a0', ' ')
    return `  ${label.padEnd(10)}${wrapped}\n`
  })
  return `${paint('bold', name)}\n${lines.join('')}`
}

/** `timeout 5,000 ms (entry)`: a line is broken between settings only. */
function setting(name: string, { value, setBy }: DeliverySetting, unit: string): string {
  return `${name}\u00a0${value === null ? 'without\u00a0end' : `${thousands(value)}${unit}`}\u00a0(${setBy})`
}

/** `kind Pod or Node, namespace web-*; or reason Failed*` */
function matchText(match: Rule | readonly Rule[] | null): string {
  if (match === null) return 'all events'
  const rules: readonly Rule[] = [match].flat()
  const ruleText = (rule: Rule) =>
    Object.entries(rule)
      .map(
        ([field, pattern]) =>
          `${field} ${[pattern]
            .flat()
            .map(text => JSON.stringify(text))
            .join(' or ')}`,
      )
      .join(', ')
  return rules.map(ruleText).join('; or ')
}
