import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { JSONWebKeySet, JWK } from 'jose';
import type { Clock } from '#local/kit/clock.ts';

/** A retired key stays published this long: longer than any token lives (24 h for managed identities). */
const keepRetiredMs = 48 * 60 * 60 * 1000;

interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** The RS256 keys of the tenant, kept in the store. The newest signs; older ones stay published for a while. */
export interface SigningKeys {
  current(): SigningKey;
  jwks(): JSONWebKeySet;
  rotate(): Promise<void>;
}

export async function openSigningKeys(store: DatabaseSync, clock: Clock): Promise<SigningKeys> {
  store.exec(`CREATE TABLE IF NOT EXISTS entra_key (
    kid TEXT PRIMARY KEY, pem TEXT NOT NULL, created_at INTEGER NOT NULL, retired_at INTEGER) STRICT`);

  let current: SigningKey | undefined;
  let published: JWK[] = [];

  const load = () => {
    const rows = store.prepare('SELECT kid, pem FROM entra_key ORDER BY created_at DESC, rowid DESC').all();
    const keys = rows.map((row) => ({
      kid: String(row['kid']),
      privateKey: createPrivateKey(String(row['pem'])),
    }));
    current = keys[0];
    published = keys.map(({ kid, privateKey }) => ({
      ...(createPublicKey(privateKey).export({ format: 'jwk' }) as JWK),
      kid,
      use: 'sig',
      alg: 'RS256',
    }));
  };

  const rotate = async () => {
    const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const kid = createHash('sha256').update(der).digest('base64url').slice(0, 27);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const now = clock.now();
    store.prepare('DELETE FROM entra_key WHERE retired_at < ?').run(now - keepRetiredMs);
    store.prepare('UPDATE entra_key SET retired_at = ? WHERE retired_at IS NULL').run(now);
    store.prepare('INSERT INTO entra_key (kid, pem, created_at) VALUES (?, ?, ?)').run(kid, pem, now);
    load();
  };

  load();
  if (!current) await rotate();
  return {
    current() {
      if (!current) throw new Error('the tenant has no signing key');
      return current;
    },
    jwks: () => ({ keys: published }),
    rotate,
  };
}
