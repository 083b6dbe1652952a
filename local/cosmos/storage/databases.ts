import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import { inTransaction } from '#local/kit/store.ts';
import { conflict, resourceNotFound } from '../errors.ts';
import { databaseResourceId } from './resource-ids.ts';

export interface Database {
  number: number;
  id: string;
  rid: string;
  etag: string;
  ts: number;
}

export interface Databases {
  create(id: string): Database;
  find(id: string): Database | undefined;
  list(): Database[];
  /** With its containers and their items. Throws 404. */
  delete(id: string): void;
}

type Row = Omit<Database, 'rid'>;

export function createDatabases(store: DatabaseSync, clock: Clock): Databases {
  const insert = store.prepare('INSERT INTO cosmos_databases (id, etag, ts) VALUES (?, ?, ?)');
  const byId = store.prepare('SELECT number, id, etag, ts FROM cosmos_databases WHERE id = ?');
  const all = store.prepare('SELECT number, id, etag, ts FROM cosmos_databases ORDER BY number');
  const read = (row: unknown): Database => {
    const { number, id, etag, ts } = row as Row;
    return { number, id, rid: databaseResourceId(number), etag, ts };
  };
  const find = (id: string) => {
    const row = byId.get(id);
    return row && read(row);
  };
  return {
    find,
    list: () => all.all().map(read),
    create(id) {
      if (byId.get(id)) throw conflict('Resource with specified id or name already exists.');
      insert.run(id, `"${randomUUID()}"`, Math.floor(clock.now() / 1000));
      return read(byId.get(id));
    },
    delete(id) {
      const database = find(id);
      if (!database) throw resourceNotFound();
      inTransaction(store, () => {
        const owned = 'SELECT number FROM cosmos_containers WHERE database = ?';
        store.prepare(`DELETE FROM cosmos_items WHERE container IN (${owned})`).run(database.number);
        store.prepare('DELETE FROM cosmos_containers WHERE database = ?').run(database.number);
        store.prepare('DELETE FROM cosmos_databases WHERE number = ?').run(database.number);
      });
    },
  };
}
