import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import { inTransaction } from '#local/kit/store.ts';
import { conflict, resourceNotFound } from '../errors.ts';
import { type ContainerDefinition, parseDefinition, requireSameKeys } from './container-definition.ts';
import type { Database } from './databases.ts';
import { pathKeys } from './property-paths.ts';
import { containerResourceId } from './resource-ids.ts';

export interface Container {
  number: number;
  database: Database;
  id: string;
  rid: string;
  etag: string;
  ts: number;
  definition: ContainerDefinition;
  /** The keys that each partition key path consists of. */
  partitionPaths: string[][];
  /** The number of the last transaction that wrote here. */
  lsn: number;
}

export interface Containers {
  create(database: Database, body: unknown): Container;
  find(database: Database, id: string): Container | undefined;
  list(database: Database): Container[];
  /** New settings for the same keys; expiry is counted anew for all items. */
  replace(container: Container, body: unknown): Container;
  delete(container: Container): void;
}

interface Row {
  number: number;
  id: string;
  etag: string;
  ts: number;
  definition: string;
  lsn: number;
}

export function createContainers(store: DatabaseSync, clock: Clock): Containers {
  const columns = 'number, id, etag, ts, definition, lsn';
  const byId = store.prepare(`SELECT ${columns} FROM cosmos_containers WHERE database = ? AND id = ?`);
  const all = store.prepare(`SELECT ${columns} FROM cosmos_containers WHERE database = ? ORDER BY number`);
  const insert = store.prepare(
    'INSERT INTO cosmos_containers (database, id, etag, ts, definition) VALUES (?, ?, ?, ?, ?)',
  );
  const update = store.prepare(
    'UPDATE cosmos_containers SET etag = ?, ts = ?, definition = ? WHERE number = ?',
  );
  const expireAnew = store.prepare(`
    UPDATE cosmos_items SET expires = CASE
      WHEN :defaultTtl IS NULL THEN NULL
      WHEN coalesce(ttl, :defaultTtl) < 0 THEN NULL
      ELSE ts + coalesce(ttl, :defaultTtl) END
    WHERE container = :container`);

  /** Definitions are parsed once per etag: every request needs one. */
  const parsed = new Map<string, Pick<Container, 'definition' | 'partitionPaths'>>();
  const definitionOf = ({ etag, definition: text }: Row) => {
    const known = parsed.get(etag);
    if (known) return known;
    const definition = parseDefinition(JSON.parse(text));
    const entry = { definition, partitionPaths: definition.partitionKey.paths.map(pathKeys) };
    parsed.set(etag, entry);
    return entry;
  };
  const read = (database: Database, row: unknown): Container => {
    const found = row as Row;
    const { number, id, etag, ts, lsn } = found;
    const rid = containerResourceId(database.number, number);
    return { number, database, id, rid, etag, ts, lsn, ...definitionOf(found) };
  };
  const now = () => Math.floor(clock.now() / 1000);

  return {
    find: (database, id) => {
      const row = byId.get(database.number, id);
      return row && read(database, row);
    },
    list: (database) => all.all(database.number).map((row) => read(database, row)),
    create(database, body) {
      const definition = parseDefinition(body);
      if (byId.get(database.number, definition.id))
        throw conflict('Resource with specified id or name already exists.');
      insert.run(database.number, definition.id, `"${randomUUID()}"`, now(), JSON.stringify(definition));
      return read(database, byId.get(database.number, definition.id));
    },
    replace(container, body) {
      const definition = parseDefinition(body);
      if (definition.id !== container.id) throw resourceNotFound();
      requireSameKeys(container.definition, definition);
      return inTransaction(store, () => {
        update.run(`"${randomUUID()}"`, now(), JSON.stringify(definition), container.number);
        expireAnew.run({ defaultTtl: definition.defaultTtl ?? null, container: container.number });
        parsed.delete(container.etag);
        return read(container.database, byId.get(container.database.number, container.id));
      });
    },
    delete(container) {
      inTransaction(store, () => {
        store.prepare('DELETE FROM cosmos_items WHERE container = ?').run(container.number);
        store.prepare('DELETE FROM cosmos_containers WHERE number = ?').run(container.number);
      });
      parsed.delete(container.etag);
    },
  };
}
