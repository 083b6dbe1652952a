import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { Narrowing } from '../sql/narrowing.ts';
import type { JsonObject } from '../sql/values.ts';
import type { Container } from './containers.ts';
import type { Change, History } from './history.ts';
import { createPropertyIndex } from './property-index.ts';
import { documentResourceId } from './resource-ids.ts';
import { createUniqueKeys } from './unique-keys.ts';

/** A document as a client wrote it, checked. */
export type ItemDocument = JsonObject & { id: string };

export interface StoredItem {
  id: string;
  partition: string;
  place: number;
  lsn: number;
  etag: string;
  /** The whole document as JSON text, system properties included. */
  body: string;
}

/** Which logical partitions to read: one, those under a prefix of a hierarchical key, or all. */
export type Partitions =
  | { kind: 'one'; partition: string }
  | { kind: 'range'; from: string; to: string }
  | { kind: 'all' };

export interface Items {
  /** One atomic write: everything in it has the same sequence number, and a throw undoes all of it. */
  transact<T>(container: Container, work: (lsn: number) => T): T;
  find(container: Container, partition: string, id: string): StoredItem | undefined;
  /** Inserts, or writes over `before`. Only within `transact`. Throws 409 for a unique key. */
  put(
    container: Container,
    lsn: number,
    partition: string,
    content: ItemDocument,
    before?: StoredItem,
  ): StoredItem;
  /** Only within `transact`. */
  remove(container: Container, item: StoredItem): void;
  /** In order of creation; with a narrowing, items that it excludes may be left out. */
  scan(
    container: Container,
    partitions: Partitions,
    afterPlace: number,
    narrowing?: Narrowing,
  ): Iterable<StoredItem>;
  /** In order of their last write, at most `limit` and whole transactions. */
  changes(container: Container, partitions: Partitions, afterLsn: number, limit: number): StoredItem[];
  /** The number of the last transaction before a time in seconds. */
  lsnBefore(container: Container, ts: number): number;
}

const columns = 'id, partition, place, lsn, etag, body';
const isLive = '(expires IS NULL OR expires > :now)';
/** Any text of a partition lies between these two. */
const everything = { from: '', to: '\u{10FFFF}' };

const asItem = (row: unknown) => row as StoredItem;

export function createItems(store: DatabaseSync, clock: Clock, history: History): Items {
  const uniqueKeys = createUniqueKeys(store);
  const properties = createPropertyIndex(store, columns);
  /** Of the transaction that runs now. */
  let changes: Change[] = [];
  const now = () => Math.floor(clock.now() / 1000);
  const nextLsn = store.prepare('UPDATE cosmos_containers SET lsn = lsn + 1 WHERE number = ? RETURNING lsn');
  const nextPlace = store.prepare(
    'UPDATE cosmos_containers SET places = places + 1 WHERE number = ? RETURNING places',
  );
  const dropExpired = store.prepare('DELETE FROM cosmos_items WHERE container = ? AND expires <= ?');
  const one = store.prepare(
    `SELECT ${columns} FROM cosmos_items WHERE container = :container AND partition = :partition AND id = :id AND ${isLive}`,
  );
  const insert = store.prepare(`
    INSERT INTO cosmos_items (container, partition, id, place, lsn, ts, ttl, expires, etag, body)
    VALUES (:container, :partition, :id, :place, :lsn, :ts, :ttl, :expires, :etag, :body)`);
  const overwrite = store.prepare(`
    UPDATE cosmos_items SET id = :id, lsn = :lsn, ts = :ts, ttl = :ttl, expires = :expires, etag = :etag, body = :body
    WHERE container = :container AND place = :place`);
  const remove = store.prepare('DELETE FROM cosmos_items WHERE container = ? AND place = ?');
  const scanOne = store.prepare(
    `SELECT ${columns} FROM cosmos_items WHERE container = :container AND partition = :partition AND place > :after AND ${isLive} ORDER BY place`,
  );
  const scanRange = store.prepare(
    `SELECT ${columns} FROM cosmos_items WHERE container = :container AND place > :after AND partition >= :from AND partition < :to AND ${isLive} ORDER BY place`,
  );
  const scanAll = store.prepare(
    `SELECT ${columns} FROM cosmos_items WHERE container = :container AND place > :after AND ${isLive} ORDER BY place`,
  );
  const changed = store.prepare(
    `SELECT ${columns} FROM cosmos_items WHERE container = :container AND lsn > :after AND partition >= :from AND partition < :to AND ${isLive} ORDER BY lsn, place`,
  );
  const firstSince = store.prepare(
    'SELECT min(lsn) AS lsn FROM cosmos_items WHERE container = ? AND ts >= ?',
  );

  return {
    transact(container, work) {
      changes = [];
      const { lsn, result } = inTransaction(store, () => {
        dropExpired.run(container.number, now());
        const next = nextLsn.get(container.number) as { lsn: number };
        return { lsn: next.lsn, result: work(next.lsn) };
      });
      history.add(container, lsn, changes);
      return result;
    },
    find: (container, partition, id) => {
      const row = one.get({ container: container.number, partition, id, now: now() });
      return row && asItem(row);
    },
    put(container, lsn, partition, content, before) {
      const place = before?.place ?? (nextPlace.get(container.number) as { places: number }).places;
      const ts = now();
      const { id } = content;
      const etag = `"${randomUUID()}"`;
      const document = { ...content, ...systemProperties(container, place, etag, ts) };
      const ttl = typeof content['ttl'] === 'number' ? content['ttl'] : null;
      const expires = expiry(container, ts, ttl);
      const body = JSON.stringify(document);
      uniqueKeys.claim(container, partition, content, id);
      const row = { container: container.number, id, place, lsn, ts, ttl, expires, etag, body };
      if (before) overwrite.run(row);
      else insert.run({ ...row, partition });
      changes.push({ place, partition, id, before });
      return { id, partition, place, lsn, etag, body };
    },
    remove(container, item) {
      remove.run(container.number, item.place);
      changes.push({ place: item.place, partition: item.partition, id: item.id, before: item });
    },
    scan(container, partitions, after, narrowing) {
      const found =
        partitions.kind === 'all' && narrowing && properties.lookUp(container, narrowing, after, now());
      if (found) return Iterator.from(found).map(asItem);
      const common = { container: container.number, after, now: now() };
      const { kind } = partitions;
      const rows =
        kind === 'one'
          ? scanOne.iterate({ ...common, partition: partitions.partition })
          : kind === 'range'
            ? scanRange.iterate({ ...common, from: partitions.from, to: partitions.to })
            : scanAll.iterate(common);
      return Iterator.from(rows).map(asItem);
    },
    changes(container, partitions, after, limit) {
      const range =
        partitions.kind === 'one'
          ? { from: partitions.partition, to: `${partitions.partition}\u{0000}` }
          : partitions.kind === 'range'
            ? { from: partitions.from, to: partitions.to }
            : everything;
      const found: StoredItem[] = [];
      for (const row of changed.iterate({ container: container.number, after, now: now(), ...range })) {
        const item = asItem(row);
        if (found.length >= limit && item.lsn !== found.at(-1)?.lsn) break;
        found.push(item);
      }
      return found;
    },
    lsnBefore(container, ts) {
      const { lsn } = firstSince.get(container.number, ts) as { lsn: number | null };
      return lsn === null ? container.lsn : lsn - 1;
    },
  };
}

function systemProperties(container: Container, place: number, etag: string, ts: number): JsonObject {
  const { database, rid: containerRid } = container;
  const rid = documentResourceId(database.number, container.number, place);
  return {
    _rid: rid,
    _self: `dbs/${database.rid}/colls/${containerRid}/docs/${rid}/`,
    _etag: etag,
    _attachments: 'attachments/',
    _ts: ts,
  };
}

/** An item's own `ttl` counts only where the container has a default; -1 is for ever. */
function expiry({ definition }: Container, ts: number, ttl: number | null): number | null {
  if (definition.defaultTtl === undefined) return null;
  const seconds = ttl ?? definition.defaultTtl;
  return seconds < 0 ? null : ts + seconds;
}
