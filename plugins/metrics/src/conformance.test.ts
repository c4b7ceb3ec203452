import { test } from 'node:test'
import { conform } from '@kec/plugin-api/testing'
import metrics from './index.ts'

test('does what kec asks of a plugin', () => conform(metrics, { options: {}, wrongOptions: [{ maxSeries: 0 }, { legacy: 'yes' }] }))
