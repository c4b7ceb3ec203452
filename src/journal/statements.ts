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
    batch: db.prepare('SELECT last, count, records, ledger FROM batches WHERE last = ?'),
    oldestBatches: db.prepare(`
      SELECT last, count, time, stream, length(records) + coalesce(length(ledger), 0) AS bytes FROM batches ORDER BY last LIMIT ?`),
    // It stands where the batch stood: before what was committed after it.
    foldBatch: db.prepare('INSERT INTO unjournaled (id, stream, head, ledger) VALUES (-:last, :stream, :last, :ledger)'),
    deleteBatch: db.prepare('DELETE FROM batches WHERE last = ?'),
    snapshot: db.prepare('SELECT head, snapshot FROM ledgers WHERE stream = ?'),
    snapshotHeads: db.prepare('SELECT stream, head FROM ledgers'),
    setSnapshot: db.prepare(
      'INSERT INTO ledgers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET head = excluded.head, snapshot = excluded.snapshot',
    ),
    deleteUnjournaled: db.prepare('DELETE FROM unjournaled WHERE stream = ?'),
    // An unjournaled commit stands after the batch that ended at its head. A snapshot replaces all of them, and the batches up to its head.
    ledgerTail: db.prepare(`
      SELECT last, 0 AS id, count, records, ledger FROM batches WHERE stream = :stream AND last > :head
      UNION ALL SELECT head, id, 0, NULL, ledger FROM unjournaled WHERE stream = :stream
      ORDER BY last, id`),
    consumers: db.prepare('SELECT * FROM consumers'),
    addConsumer: db.prepare("INSERT INTO consumers VALUES (?, ?, ?, '[]', 0, 0, 0, 0, 0, 0, 0, ?)"),
    seeConsumer: db.prepare('UPDATE consumers SET seen = ? WHERE name = ?'),
    moveConsumer: db.prepare(`
      UPDATE consumers SET seq = ?, retry = ?, skipped = ?, delivered = ?, dead = ?, discarded = ?, expired = ?, replayed = ?,
      replay_rejected = ?, seen = ? WHERE name = ?`),
    deleteConsumer: db.prepare('DELETE FROM consumers WHERE name = ?'),
    redrivenCounts: db.prepare('SELECT consumer, count(*) AS count FROM dead_letters WHERE redriven = 1 GROUP BY consumer'),
    addDeadLetter: db.prepare(
      'INSERT INTO dead_letters (consumer, seq, reason, attempts, time, redriven, record) VALUES (?, ?, ?, ?, ?, 0, ?)',
    ),
    layDeadLetter: db.prepare(
      'UPDATE dead_letters SET reason = ?, attempts = ?, time = ?, redriven = 0 WHERE consumer = ? AND seq = ? AND redriven = 1',
    ),
    deadLetters: db.prepare('SELECT * FROM dead_letters WHERE (consumer, seq) > (?, ?) ORDER BY consumer, seq LIMIT ?'),
    deadLettersOf: db.prepare('SELECT * FROM dead_letters WHERE consumer = ? AND seq > ? ORDER BY seq LIMIT ?'),
    redrivenAbove: db.prepare('SELECT seq, record FROM dead_letters WHERE consumer = ? AND redriven = 1 AND seq > ? ORDER BY seq LIMIT ?'),
    redrive: db.prepare('UPDATE dead_letters SET redriven = 1 WHERE consumer = ? AND seq = ? AND redriven = 0'),
    redriveAll: db.prepare('UPDATE dead_letters SET redriven = 1 WHERE consumer = ? AND redriven = 0'),
    deleteDeadLetter: db.prepare('DELETE FROM dead_letters WHERE consumer = ? AND seq = ? RETURNING redriven, length(record) AS bytes'),
    deleteDeadLetters: db.prepare('DELETE FROM dead_letters WHERE consumer = ?'),
    oldestDeadLetters: db.prepare('SELECT consumer, seq, length(record) AS bytes FROM dead_letters ORDER BY id LIMIT ?'),
    deadBytes: db.prepare('SELECT coalesce(sum(length(record)), 0) AS bytes FROM dead_letters'),
    replays: db.prepare('SELECT * FROM replays ORDER BY id'),
    addReplay: db.prepare('INSERT INTO replays (consumer, next, last, rules, asked) VALUES (?, ?, ?, ?, ?)'),
    moveReplay: db.prepare('UPDATE replays SET next = ? WHERE id = ?'),
    deleteReplay: db.prepare('DELETE FROM replays WHERE id = ?'),
    deleteReplays: db.prepare('DELETE FROM replays WHERE consumer = ?'),
    pageCount: db.prepare('SELECT page_count AS n FROM pragma_page_count'),
    freePages: db.prepare('SELECT freelist_count AS n FROM pragma_freelist_count'),
    firstBatchAbove: db.prepare('SELECT last, count, time FROM batches WHERE last > ? ORDER BY last LIMIT 1'),
    state: db.prepare('SELECT key, value FROM state WHERE consumer = ?'),
    setState: db.prepare('INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    deleteState: db.prepare('DELETE FROM state WHERE consumer = ? AND key = ?'),
    deleteAllState: db.prepare('DELETE FROM state WHERE consumer = ?'),
  }
}

export type Statements = ReturnType<typeof prepare>
