import { aged, type Column, named, wide } from './column.ts'
import { listAt, numberAt, recordAt, textAt } from './look.ts'
import type { Stored } from './object.ts'

const wanted = (object: Stored): number => numberAt(object, 'spec.replicas', 1)

const counted = (name: string, path: string): Column => ({ name, cell: object => numberAt(object, path) })

const ofContainers = (name: string, field: string): Column =>
  wide(name, object =>
    listAt(object, 'spec.template.spec.containers')
      .map(container => textAt(container, field))
      .join(','),
  )
const template: readonly Column[] = [ofContainers('Containers', 'name'), ofContainers('Images', 'image')]

const selector = wide('Selector', object => {
  const labels = Object.entries(recordAt(object, 'spec.selector.matchLabels')).map(([key, value]) => [key, `${key}=${value}`] as const)
  const expressions = listAt(object, 'spec.selector.matchExpressions').map(expression => {
    const key = textAt(expression, 'key')
    return [key, requirement(key, textAt(expression, 'operator'), listAt(expression, 'values'))] as const
  })
  const byKey = [...labels, ...expressions].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return byKey.map(([, text]) => text).join(',') || '<none>'
})

function requirement(key: string, operator: string, values: readonly unknown[]): string {
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  return `${key} ${operator.toLowerCase()} (${values.map(String).sort().join(',')})`
}

/** What `kubectl get deployments` shows. */
export const deploymentColumns: readonly Column[] = [
  named,
  { name: 'Ready', cell: object => `${numberAt(object, 'status.readyReplicas')}/${wanted(object)}` },
  counted('Up-to-date', 'status.updatedReplicas'),
  counted('Available', 'status.availableReplicas'),
  aged,
  ...template,
  selector,
]

/** What `kubectl get replicasets` shows. */
export const replicaSetColumns: readonly Column[] = [
  named,
  { name: 'Desired', cell: wanted },
  counted('Current', 'status.replicas'),
  counted('Ready', 'status.readyReplicas'),
  aged,
  ...template,
  selector,
]
