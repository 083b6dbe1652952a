import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { RedirectKind } from './directory.ts';

const minuteMs = 60_000;
const codeLifetimeMs = 10 * minuteMs;
/** Entra ends the refresh tokens of single-page applications 24 h after the sign-in, others after 90 days. */
const refreshLifetimeMs = {
  spa: 24 * 60 * minuteMs,
  web: 90 * 24 * 60 * minuteMs,
  public: 90 * 24 * 60 * minuteMs,
};

/** What a person agreed to at the authorize endpoint. */
interface Consent {
  clientId: string;
  objectId: string;
  scope: string;
  redirectUri: string;
  redirectKind: RedirectKind;
  nonce: string | undefined;
  /** S256 of the verifier (RFC 7636). */
  codeChallenge: string;
}

interface RefreshGrant {
  clientId: string;
  objectId: string;
  scope: string;
  redirectKind: RedirectKind;
  /** Absolute: using the token does not move it for single-page applications. */
  expiresAt: number;
}

type CodeOutcome = { state: 'fresh'; consent: Consent } | { state: 'unknown' | 'redeemed' | 'expired' };

/** Authorization codes and refresh tokens. Only their hashes are kept. */
export interface GrantedCodes {
  issueCode(consent: Consent): string;
  /** Reads a code; `redeem` must follow once all checks passed. */
  findCode(code: string): CodeOutcome;
  /** False when somebody else redeemed it in between. */
  redeem(code: string): boolean;
  issueRefreshToken(grant: Omit<RefreshGrant, 'expiresAt'>, expiresAt?: number): string;
  findRefreshToken(token: string): RefreshGrant | undefined;
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
const newSecret = (prefix: string): string => `${prefix}${randomBytes(32).toString('base64url')}`;

export function openGrantedCodes(store: DatabaseSync, clock: Clock): GrantedCodes {
  store.exec(`
    CREATE TABLE IF NOT EXISTS entra_code (
      hash TEXT PRIMARY KEY, consent TEXT NOT NULL, expires_at INTEGER NOT NULL, redeemed_at INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS entra_refresh_token (
      hash TEXT PRIMARY KEY, granted TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT;`);
  const sweep = () => {
    const now = clock.now();
    store.prepare('DELETE FROM entra_code WHERE expires_at < ?').run(now - 60 * minuteMs);
    store.prepare('DELETE FROM entra_refresh_token WHERE expires_at < ?').run(now);
  };
  return {
    issueCode(consent) {
      sweep();
      const code = newSecret('1.');
      store
        .prepare('INSERT INTO entra_code (hash, consent, expires_at) VALUES (?, ?, ?)')
        .run(hash(code), JSON.stringify(consent), clock.now() + codeLifetimeMs);
      return code;
    },
    findCode(code) {
      const row = store.prepare('SELECT * FROM entra_code WHERE hash = ?').get(hash(code));
      if (!row) return { state: 'unknown' };
      if (row['redeemed_at'] !== null) return { state: 'redeemed' };
      if (Number(row['expires_at']) <= clock.now()) return { state: 'expired' };
      return { state: 'fresh', consent: JSON.parse(String(row['consent'])) as Consent };
    },
    redeem: (code) =>
      store
        .prepare('UPDATE entra_code SET redeemed_at = ? WHERE hash = ? AND redeemed_at IS NULL')
        .run(clock.now(), hash(code)).changes === 1,
    issueRefreshToken(grant, expiresAt = clock.now() + refreshLifetimeMs[grant.redirectKind]) {
      const token = newSecret('1.A');
      store
        .prepare('INSERT INTO entra_refresh_token (hash, granted, expires_at) VALUES (?, ?, ?)')
        .run(hash(token), JSON.stringify({ ...grant, expiresAt }), expiresAt);
      return token;
    },
    findRefreshToken(token) {
      const row = store
        .prepare('SELECT granted FROM entra_refresh_token WHERE hash = ? AND expires_at > ?')
        .get(hash(token), clock.now());
      return row && (JSON.parse(String(row['granted'])) as RefreshGrant);
    },
  };
}
