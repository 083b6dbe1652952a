import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

/** How far back reads can be told to look. */
const keptMs = 15 * 60_000;

/** What resources were before they changed, for reads that answer an older state. */
export interface ResourceHistory {
  /** Keeps what is there now under these keys; called before a change, in its transaction. */
  keep(key: string, from: string, to: string): void;
  /** Rows in the shape of `arm_resource`. */
  get(key: string, at: number): Record<string, SQLOutputValue> | undefined;
  list(type: string, range: { from: string; to: string }, at: number): Record<string, SQLOutputValue>[];
}

export function openResourceHistory(database: DatabaseSync, now: () => number): ResourceHistory {
  database.exec(`
    CREATE TABLE IF NOT EXISTS arm_resource_past (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, until INTEGER NOT NULL, key TEXT NOT NULL,
      id TEXT, type TEXT, name TEXT, etag TEXT, body TEXT, secret TEXT) STRICT;
    CREATE INDEX IF NOT EXISTS arm_resource_past_key ON arm_resource_past (key, seq);
    CREATE INDEX IF NOT EXISTS arm_resource_past_until ON arm_resource_past (until);`);
  const keepPresent = database.prepare(`
    INSERT INTO arm_resource_past (until, key, id, type, name, etag, body, secret)
    SELECT ?, key, id, type, name, etag, body, secret FROM arm_resource WHERE key = ? OR (key >= ? AND key < ?)`);
  const keepAbsent = database.prepare('INSERT INTO arm_resource_past (until, key) VALUES (?, ?)');
  const forget = database.prepare('DELETE FROM arm_resource_past WHERE until < ?');
  // The oldest entry that ended after the time holds what was there then; an id that is null says: nothing.
  const then = 'SELECT min(seq) FROM arm_resource_past WHERE until > $at GROUP BY key';
  const get = database.prepare(
    'SELECT * FROM arm_resource_past WHERE key = $key AND until > $at ORDER BY seq LIMIT 1',
  );
  const list = database.prepare(`
    SELECT key, id, type, etag, body, secret FROM arm_resource AS present
      WHERE type = $type AND key >= $from AND key < $to
      AND NOT EXISTS (SELECT 1 FROM arm_resource_past AS p WHERE p.key = present.key AND p.until > $at)
    UNION ALL
    SELECT key, id, type, etag, body, secret FROM arm_resource_past
      WHERE seq IN (${then}) AND type = $type AND key >= $from AND key < $to
    ORDER BY key`);
  const current = database.prepare('SELECT * FROM arm_resource WHERE key = ?');
  return {
    keep(key, from, to) {
      forget.run(now() - keptMs);
      if (keepPresent.run(now(), key, from, to).changes === 0) keepAbsent.run(now(), key);
    },
    get(key, at) {
      const row = get.get({ key, at });
      if (!row) return current.get(key);
      return row['id'] === null ? undefined : row;
    },
    list: (type, { from, to }, at) => list.all({ type, from, to, at }),
  };
}
