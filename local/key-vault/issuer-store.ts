import type { DatabaseSync } from 'node:sqlite';

/** An account at a certificate authority. Its password is taken and not kept: nobody here would use it. */
export interface StoredIssuer {
  vault: string;
  /** Matches without regard to case, as names of objects do. */
  name: string;
  provider: string;
  accountId?: string;
  organization?: Readonly<Record<string, unknown>>;
  enabled: boolean;
  /** Seconds since the epoch. */
  created: number;
  updated: number;
}

export interface IssuerStore {
  find(vault: string, name: string): StoredIssuer | undefined;
  /** In order of name, beginning after `after`. */
  list(vault: string, after: string, limit: number): StoredIssuer[];
  save(issuer: StoredIssuer): void;
  remove(vault: string, name: string): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS key_vault_issuers (
  vault TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, body TEXT NOT NULL, PRIMARY KEY (vault, name)) STRICT;`;

export function createIssuerStore(database: DatabaseSync): IssuerStore {
  database.exec(schema);
  const find = database.prepare('SELECT body FROM key_vault_issuers WHERE vault = ? AND name = ?');
  const list = database.prepare(
    'SELECT body FROM key_vault_issuers WHERE vault = ? AND name > ? ORDER BY name LIMIT ?',
  );
  const save = database.prepare(
    'INSERT INTO key_vault_issuers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const remove = database.prepare('DELETE FROM key_vault_issuers WHERE vault = ? AND name = ?');
  const toIssuer = (row: unknown) => JSON.parse((row as { body: string }).body) as StoredIssuer;
  return {
    find(vault, name) {
      const row = find.get(vault, name);
      return row && toIssuer(row);
    },
    list: (vault, after, limit) => list.all(vault, after, limit).map(toIssuer),
    save: (issuer) => void save.run(issuer.vault, issuer.name, JSON.stringify(issuer)),
    remove: (vault, name) => void remove.run(vault, name),
  };
}
