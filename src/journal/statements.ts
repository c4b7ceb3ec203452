import type { DatabaseSync } from 'node:sqlite'

/** Every statement that runs more than once, prepared. */
export function prepare(db: DatabaseSync) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    addBatch: db.prepare('INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)'),
    addUnjournaled: db.prepare('INSERT INTO unjournaled (stream, head, ledger) VALUES (?, ?, ?)'),
    setFact: db.prepare('INSERT INTO facts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    facts: db.prepare('SELECT kind, name, value FROM facts'),
    addGap: db.prepare('INSERT INTO gaps (stream, start, stop, cause) VALUES (?, ?, ?, ?)'),
    deleteGaps: db.prepare('DELETE FROM gaps WHERE id <= (SELECT max(id) FROM gaps) - ?'),
    gaps: db.prepare('SELECT stream, start, stop, cause FROM gaps ORDER BY id'),
    batchAtOrAbove: db.prepare('SELECT last, count, records FROM batches WHERE last >= ? ORDER BY last LIMIT 1'),
    oldestBatches: db.prepare('SELECT last, count, time, stream FROM batches ORDER BY last LIMIT ?'),
    deleteBatch: db.prepare('DELETE FROM batches WHERE last = ?'),
    snapshot: db.prepare('SELECT head, snapshot FROM ledgers WHERE stream = ?'),
    snapshotHeads: db.prepare('SELECT stream, head FROM ledgers'),
    setSnapshot: db.prepare(
      'INSERT INTO ledgers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET head = excluded.head, snapshot = excluded.snapshot',
    ),
    deleteUnjournaled: db.prepare('DELETE FROM unjournaled WHERE stream = ?'),
    // An unjournaled commit stands after the batch that ended at its head. A snapshot replaces all of them, and the batches up to its head.
    ledgerTail: db.prepare(`
      SELECT last AS place, 0 AS id, count, records, ledger FROM batches WHERE stream = :stream AND last > :head
      UNION ALL SELECT head, id, 0, NULL, ledger FROM unjournaled WHERE stream = :stream
      ORDER BY place, id`),
    consumers: db.prepare('SELECT * FROM consumers'),
    addConsumer: db.prepare("INSERT INTO consumers VALUES (?, ?, ?, '[]', 0, 0, 0, ?)"),
    seeConsumer: db.prepare('UPDATE consumers SET seen = ? WHERE name = ?'),
    moveConsumer: db.prepare('UPDATE consumers SET seq = ?, retry = ?, skipped = ?, delivered = ?, rejected = ?, seen = ? WHERE name = ?'),
    deleteConsumer: db.prepare('DELETE FROM consumers WHERE name = ?'),
    state: db.prepare('SELECT key, value FROM state WHERE consumer = ?'),
    setState: db.prepare('INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    deleteState: db.prepare('DELETE FROM state WHERE consumer = ? AND key = ?'),
    deleteAllState: db.prepare('DELETE FROM state WHERE consumer = ?'),
  }
}

export type Statements = ReturnType<typeof prepare>
