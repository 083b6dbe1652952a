import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';

/** The access keys that a new host makes for itself and keeps. */
export interface HostKeys {
  /** Opens everything. */
  master: string;
  /** Opens HTTP functions of level `function`. */
  function: string;
  /** Opens the durable webhooks. */
  durable: string;
}

export function loadHostKeys(store: DatabaseSync): HostKeys {
  store.exec('CREATE TABLE IF NOT EXISTS host_key (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT');
  const add = store.prepare('INSERT INTO host_key VALUES (?, ?) ON CONFLICT DO NOTHING');
  const get = store.prepare('SELECT value FROM host_key WHERE name = ?');
  const key = (name: string) => {
    add.run(name, randomBytes(40).toString('base64url'));
    return String(get.get(name)?.['value']);
  };
  return { master: key('master'), function: key('function'), durable: key('durabletask') };
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether the request carries one of the keys, as `x-functions-key` or as `?code=`. Takes constant time. */
export function hasKey(request: IncomingMessage, url: URL, accepted: readonly string[]): boolean {
  const header = request.headers['x-functions-key'];
  const given = typeof header === 'string' ? header : url.searchParams.get('code');
  if (!given) return false;
  const hash = digest(given);
  return accepted.map((key) => timingSafeEqual(digest(key), hash)).includes(true);
}
