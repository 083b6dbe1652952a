import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { ReadTime } from './read-time.ts';
import { openResourceHistory } from './resource-history.ts';

/** What a caller sees of a resource, without `id`, `name`, `type` and `etag`. */
export interface ResourceBody {
  location?: string;
  tags?: Record<string, string>;
  properties: Record<string, unknown>;
  [more: string]: unknown;
}

export interface Resource {
  id: string;
  /** The id in lower case. */
  key: string;
  /** In lower case. */
  type: string;
  /** Last segment of the id as first written. */
  name: string;
  etag: string;
  body: ResourceBody;
  /** Never shown: keys, protected settings, sequence numbers. */
  secret: Record<string, unknown>;
}

export interface ResourceStore {
  get(key: string): Resource | undefined;
  /** Writes with a new ETag; the id keeps the letters of its first writing. */
  put(resource: { id: string; type: string; body: ResourceBody; secret?: Record<string, unknown> }): Resource;
  /** Removes a resource and everything below it; what was removed comes back, deepest last. */
  remove(key: string): Resource[];
  /** Resources of one type below a scope, in the order of their keys. */
  list(type: string, scope: string, page?: { after: string; limit: number }): Resource[];
  findByName(type: string, name: string): Resource | undefined;
}

function toResource(row: Record<string, SQLOutputValue>): Resource {
  return {
    id: String(row['id']),
    key: String(row['key']),
    type: String(row['type']),
    name: String(row['id']).split('/').at(-1) ?? '',
    etag: String(row['etag']),
    body: JSON.parse(String(row['body'])) as ResourceBody,
    secret: JSON.parse(String(row['secret'])) as Record<string, unknown>,
  };
}

/** '0' follows '/' in ASCII, so this range holds exactly the keys below a scope. */
const below = (scope: string) => ({ from: `${scope.toLowerCase()}/`, to: `${scope.toLowerCase()}0` });

export function openResourceStore(database: DatabaseSync, readTime: ReadTime): ResourceStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS arm_resource (
      key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL,
      body TEXT NOT NULL, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS arm_resource_type ON arm_resource (type, key);
    CREATE INDEX IF NOT EXISTS arm_resource_name ON arm_resource (type, name);`);
  const history = openResourceHistory(database, readTime.now);
  const get = database.prepare('SELECT * FROM arm_resource WHERE key = ?');
  const put = database.prepare(`
    INSERT INTO arm_resource (key, id, type, name, etag, body, secret) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET etag = excluded.etag, body = excluded.body, secret = excluded.secret
    RETURNING *`);
  const list = database.prepare(`
    SELECT * FROM arm_resource WHERE type = ? AND key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`);
  const named = database.prepare('SELECT * FROM arm_resource WHERE type = ? AND name = ? LIMIT 1');
  const tree = database.prepare(
    'SELECT * FROM arm_resource WHERE key = ? OR (key >= ? AND key < ?) ORDER BY key',
  );
  const remove = database.prepare('DELETE FROM arm_resource WHERE key = ? OR (key >= ? AND key < ?)');

  const find = (row: Record<string, SQLOutputValue> | undefined) => row && toResource(row);
  return {
    get(wanted) {
      const key = wanted.toLowerCase();
      const past = readTime.past();
      return find(past === undefined ? get.get(key) : history.get(key, past));
    },
    put({ id, type, body, secret = {} }) {
      const key = id.toLowerCase();
      const name = key.split('/').at(-1) ?? '';
      history.keep(key, key, key);
      const [row] = put.all(
        key,
        id,
        type.toLowerCase(),
        name,
        randomUUID(),
        JSON.stringify(body),
        JSON.stringify(secret),
      );
      if (!row) throw new Error(`${id} was not written`);
      return toResource(row);
    },
    remove(key) {
      const { from, to } = below(key);
      history.keep(key.toLowerCase(), from, to);
      const removed = tree.all(key.toLowerCase(), from, to).map(toResource);
      remove.run(key.toLowerCase(), from, to);
      return removed;
    },
    list(type, scope, page = { after: '', limit: -1 }) {
      const { from, to } = below(scope);
      const past = readTime.past();
      if (past !== undefined) {
        const found = history.list(type.toLowerCase(), { from, to }, past).map(toResource);
        return found.filter(({ key }) => key > page.after).slice(0, page.limit < 0 ? undefined : page.limit);
      }
      return list.all(type.toLowerCase(), from, to, page.after, page.limit).map(toResource);
    },
    findByName: (type, name) => find(named.get(type.toLowerCase(), name.toLowerCase())),
  };
}
