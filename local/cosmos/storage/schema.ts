import type { DatabaseSync } from 'node:sqlite';

/**
 * `place` numbers the documents of a container in the order of their creation and never changes; `lsn` is the
 * logical sequence number of the transaction that last wrote one. `expires` is in seconds since the epoch.
 */
const tables = `
CREATE TABLE IF NOT EXISTS cosmos_databases (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  etag TEXT NOT NULL,
  ts INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS cosmos_containers (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  database INTEGER NOT NULL REFERENCES cosmos_databases (number),
  id TEXT NOT NULL,
  etag TEXT NOT NULL,
  ts INTEGER NOT NULL,
  definition TEXT NOT NULL,
  lsn INTEGER NOT NULL DEFAULT 0,
  places INTEGER NOT NULL DEFAULT 0,
  UNIQUE (database, id)
);
CREATE TABLE IF NOT EXISTS cosmos_items (
  container INTEGER NOT NULL,
  partition TEXT NOT NULL,
  id TEXT NOT NULL,
  place INTEGER NOT NULL,
  lsn INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  ttl INTEGER,
  expires INTEGER,
  etag TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (container, partition, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS cosmos_items_by_place ON cosmos_items (container, place);
CREATE INDEX IF NOT EXISTS cosmos_items_by_partition ON cosmos_items (container, partition, place);
CREATE INDEX IF NOT EXISTS cosmos_items_by_lsn ON cosmos_items (container, lsn, place);
CREATE INDEX IF NOT EXISTS cosmos_items_by_expiry ON cosmos_items (container, expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS cosmos_unique_values (
  container INTEGER NOT NULL,
  partition TEXT NOT NULL,
  rule INTEGER NOT NULL,
  value TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (container, partition, rule, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cosmos_unique_values_by_item ON cosmos_unique_values (container, partition, id);
CREATE TRIGGER IF NOT EXISTS cosmos_items_release_values AFTER DELETE ON cosmos_items BEGIN
  DELETE FROM cosmos_unique_values
  WHERE container = OLD.container AND partition = OLD.partition AND id = OLD.id;
END;
`;

export function createTables(store: DatabaseSync): void {
  store.exec(tables);
}
