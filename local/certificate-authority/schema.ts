import type { DatabaseSync } from 'node:sqlite';

/** Times are milliseconds since the epoch; `names`, `contact`, `jwk` and `problem` are JSON. */
const tables = `
CREATE TABLE IF NOT EXISTS acme_accounts (
  id TEXT PRIMARY KEY, thumbprint TEXT NOT NULL UNIQUE, jwk TEXT NOT NULL, status TEXT NOT NULL,
  contact TEXT NOT NULL, external_account TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS acme_orders (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, status TEXT NOT NULL, names TEXT NOT NULL, profile TEXT NOT NULL,
  replaces TEXT, expires_at INTEGER NOT NULL, request BLOB, issue_at INTEGER, certificate TEXT, problem TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS acme_orders_by_account ON acme_orders (account, names);
CREATE TABLE IF NOT EXISTS acme_order_authorizations (
  order_id TEXT NOT NULL, authorization_id TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT;
CREATE TABLE IF NOT EXISTS acme_authorizations (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, wildcard INTEGER NOT NULL, status TEXT NOT NULL,
  expires_at INTEGER NOT NULL, token TEXT NOT NULL, validate_at INTEGER, validated_at INTEGER, problem TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS acme_authorizations_by_name ON acme_authorizations (account, name, wildcard);
CREATE TABLE IF NOT EXISTS acme_certificates (
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, renewal_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
  names TEXT NOT NULL, chain TEXT NOT NULL, key_thumbprint TEXT NOT NULL, not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL, revoked_at INTEGER, reason INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS acme_renewal_windows (
  certificate TEXT PRIMARY KEY, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, explanation TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS acme_orders_by_status ON acme_orders (account, status);
CREATE INDEX IF NOT EXISTS acme_orders_by_replaced ON acme_orders (replaces);
CREATE TABLE IF NOT EXISTS acme_budgets (
  rate_limit TEXT NOT NULL, subject TEXT NOT NULL, full_at REAL NOT NULL, PRIMARY KEY (rate_limit, subject)
) STRICT;
`;

export function createTables(store: DatabaseSync): void {
  store.exec(tables);
}
