import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './verdict.ts'

const outcomeOf = (status: number, type: string, reason = 'because') => {
  const verdict = judge(status, { type, reason }, 'the index privilege create_doc')
  return verdict === 'done' ? verdict : verdict.outcome
}

test('taken, or there already', () => {
  assert.equal(outcomeOf(201, 'error'), 'done')
  assert.equal(outcomeOf(409, 'version_conflict_engine_exception'), 'done')
})

test('what the event itself is to blame for is refused for good', () => {
  for (const type of ['document_parsing_exception', 'mapper_parsing_exception', 'strict_dynamic_mapping_exception', 'something_new'])
    assert.equal(outcomeOf(400, type), 'reject', type)
  assert.equal(outcomeOf(400, 'illegal_argument_exception', 'Document contains at least one immense term in field="message"'), 'reject')
  const preview = "[1:15] failed to parse field [n] of type [long]. Preview of field's value: 'Limit of total fields ["
  assert.equal(outcomeOf(400, 'document_parsing_exception', preview), 'reject')
})

test('what the operator can mend, or time does, is no reason to give an event up', () => {
  const troubles: [status: number, type: string, reason?: string][] = [
    [400, 'index_closed_exception'],
    [
      400,
      'validation_exception',
      'this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open',
    ],
    [400, 'invalid_index_name_exception'],
    [400, 'illegal_argument_exception', 'no write index is defined for alias [events]'],
    [400, 'illegal_argument_exception', 'pipeline with id [mine] does not exist'],
    [400, 'routing_missing_exception'],
    [400, 'document_parsing_exception', '[1:18] failed to parse: Limit of total fields [3] has been exceeded while adding new fields [4]'],
    [400, 'illegal_argument_exception', 'Limit of total fields [1000] has been exceeded'],
    [401, 'security_exception'],
    [403, 'security_exception'],
    [403, 'cluster_block_exception'],
    [404, 'index_not_found_exception'],
    [429, 'cluster_block_exception'],
    [429, 'es_rejected_execution_exception'],
    [500, 'null_pointer_exception'],
    [503, 'unavailable_shards_exception'],
  ]
  for (const trouble of troubles) assert.equal(outcomeOf(...trouble), 'again', trouble.join(' '))
})
