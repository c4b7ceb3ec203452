import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { hasTable, optionsTable, withTable } from './options-table.ts'

test('a row for each option: its default or that it is required, and what it means', () => {
  const schema = z.strictObject({
    url: z.url().describe('where to send'),
    file: z.string().optional().meta({ description: 'the file', without: 'standard output' }),
    size: z.int().default(500).describe('how many'),
    mode: z.enum(['a', 'b']).describe('a | b').default('a'),
    tls: z.strictObject({ ca: z.string().optional().describe('a CA') }).optional(),
    auth: z
      .union([z.strictObject({ key: z.string().describe('a key') }), z.strictObject({ user: z.string().describe('a user') })])
      .optional()
      .describe('who we are'),
    template: z.custom<() => string>().optional().describe('a function'),
  })
  assert.equal(
    optionsTable(schema),
    `| option | default | meaning |
|---|---|---|
| \`url\` | required | where to send |
| \`file\` | standard output | the file |
| \`size\` | 500 | how many |
| \`mode\` | \`a\` | a \\| b |
| \`tls.ca\` | none | a CA |
| \`auth\` | none | who we are |
| \`auth.key\` | required | a key |
| \`auth.user\` | required | a user |
| \`template\` | none | a function |`,
  )
})

test('an option without a description is an error that names it', () => {
  assert.throws(() => optionsTable(z.strictObject({ outer: z.strictObject({ inner: z.string() }) })), /outer\.inner has no description/)
})

test('the table is written between its two lines, and nowhere else', () => {
  const schema = z.strictObject({ one: z.string().describe('the first') })
  const empty = 'Before.\n<!-- options: written by "npm run docs" from src/options.ts; change it there -->\n<!-- /options -->\nAfter.\n'
  const filled = withTable(empty, schema)
  assert.match(filled, /^Before\.\n<!-- options.*-->\n\n\| option [\s\S]*\| the first \|\n\n<!-- \/options -->\nAfter\.\n$/)
  assert.equal(withTable(filled, schema), filled)
  assert.equal(hasTable(filled), true)
  assert.equal(hasTable('no table'), false)
  assert.throws(() => withTable('<!-- /options -->', schema), /these two lines/)
})
