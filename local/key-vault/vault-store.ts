import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '#local/kit/store.ts';
import type { CertificateBody, CertificateDetail } from './certificate-state.ts';
import type { RotationPolicy } from './rotation-policy.ts';

export type Kind = 'certificates' | 'keys' | 'secrets';

/** Names match without regard to case, as in the service. */
export interface ObjectKey<K extends Kind = Kind> {
  vault: string;
  kind: K;
  name: string;
}

/** The private half of a key as PKCS#8 PEM; it leaves only through the secret behind an exportable certificate. */
interface KeyBody {
  privateKey: string;
  operations: readonly string[];
  exportable: boolean;
}

/** `value` is absent behind a certificate until it is read as PKCS#12: it is made of that version's key and chain. */
interface SecretBody {
  value?: string;
}

interface Bodies {
  certificates: CertificateBody;
  keys: KeyBody;
  secrets: SecretBody;
}

interface Details {
  certificates: CertificateDetail;
  keys: { rotationPolicy?: RotationPolicy };
  secrets: object;
}

/** What all versions of a name share. Times are in seconds since the epoch, as on the wire. */
export interface StoredObject<K extends Kind = Kind> extends ObjectKey<K> {
  /** Belongs to the certificate of the same name, and lives and dies with it. */
  managed: boolean;
  detail: Details[K];
  deletedAt?: number;
  purgeAt?: number;
}

export interface StoredVersion<K extends Kind = Kind> {
  version: string;
  /** Belongs to a certificate operation that has not completed: kept out of lists, never the latest if another is. */
  pending: boolean;
  enabled: boolean;
  notBefore?: number;
  expires?: number;
  created: number;
  updated: number;
  tags: Readonly<Record<string, string>>;
  contentType?: string;
  body: Bodies[K];
}

export interface VaultStore {
  /** All of `work` or nothing of it; committed when this returns. */
  atomically<T>(work: () => T): T;
  find<K extends Kind>(key: ObjectKey<K>): StoredObject<K> | undefined;
  save<K extends Kind>(object: StoredObject<K>): void;
  /** Removes the object and all its versions for good. */
  remove(key: ObjectKey): void;
  /** Objects in order of name, beginning after `after`. */
  list<K extends Kind>(
    vault: string,
    kind: K,
    deleted: boolean,
    after: string,
    limit: number,
  ): StoredObject<K>[];
  /** Inserts the version, or replaces the one of that id in its place. */
  saveVersion<K extends Kind>(key: ObjectKey<K>, version: StoredVersion<K>): void;
  removeVersion(key: ObjectKey, version: string): void;
  findVersion<K extends Kind>(key: ObjectKey<K>, version: string): StoredVersion<K> | undefined;
  /** The newest complete version; the pending one when no version is complete. */
  latest<K extends Kind>(key: ObjectKey<K>): StoredVersion<K> | undefined;
  /** Complete versions in order of creation, beginning after the version `after`. */
  versions<K extends Kind>(key: ObjectKey<K>, after: string, limit: number): StoredVersion<K>[];
  /** Removes what was deleted and whose time of recovery is over. */
  purgeDue(nowSeconds: number): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS key_vault_objects (
  vault TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
  managed INTEGER NOT NULL, detail TEXT NOT NULL, deletedAt INTEGER, purgeAt INTEGER,
  PRIMARY KEY (vault, kind, name)) STRICT;
CREATE TABLE IF NOT EXISTS key_vault_versions (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  vault TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, version TEXT NOT NULL,
  pending INTEGER NOT NULL, enabled INTEGER NOT NULL, notBefore INTEGER, expires INTEGER,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, tags TEXT NOT NULL, contentType TEXT, body TEXT NOT NULL,
  UNIQUE (vault, kind, name, version),
  FOREIGN KEY (vault, kind, name) REFERENCES key_vault_objects ON DELETE CASCADE) STRICT;`;

interface ObjectRow {
  vault: string;
  kind: string;
  name: string;
  managed: number;
  detail: string;
  deletedAt: number | null;
  purgeAt: number | null;
}

interface VersionRow {
  version: string;
  pending: number;
  enabled: number;
  notBefore: number | null;
  expires: number | null;
  created: number;
  updated: number;
  tags: string;
  contentType: string | null;
  body: string;
}

const orAbsent = <N extends string, T>(name: N, value: T | null) =>
  (value === null ? {} : { [name]: value }) as { [P in N]?: T };

function toObject<K extends Kind>(kind: K, row: ObjectRow): StoredObject<K> {
  return {
    vault: row.vault,
    kind,
    name: row.name,
    managed: row.managed === 1,
    detail: JSON.parse(row.detail) as Details[K],
    ...orAbsent('deletedAt', row.deletedAt),
    ...orAbsent('purgeAt', row.purgeAt),
  };
}

function toVersion<K extends Kind>(_kind: K, row: VersionRow): StoredVersion<K> {
  return {
    version: row.version,
    pending: row.pending === 1,
    enabled: row.enabled === 1,
    ...orAbsent('notBefore', row.notBefore),
    ...orAbsent('expires', row.expires),
    created: row.created,
    updated: row.updated,
    tags: JSON.parse(row.tags) as Record<string, string>,
    ...orAbsent('contentType', row.contentType),
    body: JSON.parse(row.body) as Bodies[K],
  };
}

export function createVaultStore(database: DatabaseSync): VaultStore {
  database.exec(schema);
  database.exec('PRAGMA foreign_keys = ON');
  const where = 'vault = ? AND kind = ? AND name = ?';
  const sql = {
    find: database.prepare(`SELECT * FROM key_vault_objects WHERE ${where}`),
    save: database.prepare(
      `INSERT INTO key_vault_objects VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       managed = excluded.managed, detail = excluded.detail, deletedAt = excluded.deletedAt, purgeAt = excluded.purgeAt`,
    ),
    remove: database.prepare(`DELETE FROM key_vault_objects WHERE ${where}`),
    list: database.prepare(
      `SELECT * FROM key_vault_objects WHERE vault = ? AND kind = ? AND (deletedAt IS NOT NULL) = ? AND name > ?
       ORDER BY name LIMIT ?`,
    ),
    saveVersion: database.prepare(
      `INSERT INTO key_vault_versions (vault, kind, name, version, pending, enabled, notBefore, expires, created,
         updated, tags, contentType, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET pending = excluded.pending, enabled = excluded.enabled,
         notBefore = excluded.notBefore, expires = excluded.expires, created = excluded.created,
         updated = excluded.updated, tags = excluded.tags, contentType = excluded.contentType, body = excluded.body`,
    ),
    removeVersion: database.prepare(`DELETE FROM key_vault_versions WHERE ${where} AND version = ?`),
    findVersion: database.prepare(`SELECT * FROM key_vault_versions WHERE ${where} AND version = ?`),
    latest: database.prepare(
      `SELECT * FROM key_vault_versions WHERE ${where} ORDER BY pending, sequence DESC LIMIT 1`,
    ),
    versions: database.prepare(
      `SELECT * FROM key_vault_versions WHERE ${where} AND pending = 0 AND sequence > coalesce(
         (SELECT sequence FROM key_vault_versions WHERE ${where} AND version = ?), 0) ORDER BY sequence LIMIT ?`,
    ),
    purgeDue: database.prepare('DELETE FROM key_vault_objects WHERE purgeAt <= ?'),
  };
  const parts = (key: ObjectKey) => [key.vault, key.kind, key.name] as const;

  return {
    atomically: (work) => inTransaction(database, work),
    find(key) {
      const row = sql.find.get(...parts(key)) as ObjectRow | undefined;
      return row && toObject(key.kind, row);
    },
    save(object) {
      const { managed, detail, deletedAt = null, purgeAt = null } = object;
      sql.save.run(...parts(object), managed ? 1 : 0, JSON.stringify(detail), deletedAt, purgeAt);
    },
    remove: (key) => void sql.remove.run(...parts(key)),
    list: (vault, kind, deleted, after, limit) =>
      (sql.list.all(vault, kind, deleted ? 1 : 0, after, limit) as unknown as ObjectRow[]).map((row) =>
        toObject(kind, row),
      ),
    saveVersion(key, value) {
      const { pending, enabled, notBefore = null, expires = null, contentType = null } = value;
      const flags = [pending ? 1 : 0, enabled ? 1 : 0] as const;
      const times = [notBefore, expires, value.created, value.updated] as const;
      const texts = [JSON.stringify(value.tags), contentType, JSON.stringify(value.body)] as const;
      sql.saveVersion.run(...parts(key), value.version, ...flags, ...times, ...texts);
    },
    removeVersion: (key, version) => void sql.removeVersion.run(...parts(key), version),
    findVersion(key, version) {
      const row = sql.findVersion.get(...parts(key), version) as VersionRow | undefined;
      return row && toVersion(key.kind, row);
    },
    latest(key) {
      const row = sql.latest.get(...parts(key)) as VersionRow | undefined;
      return row && toVersion(key.kind, row);
    },
    versions: (key, after, limit) =>
      (sql.versions.all(...parts(key), ...parts(key), after, limit) as unknown as VersionRow[]).map((row) =>
        toVersion(key.kind, row),
      ),
    purgeDue: (nowSeconds) => void sql.purgeDue.run(nowSeconds),
  };
}
