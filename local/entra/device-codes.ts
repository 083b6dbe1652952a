import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';

/** As the service says in `expires_in` and `interval`. */
export const deviceCodeLifetimeS = 900;
export const pollIntervalS = 5;
/** Clients wait by timers of their own: a poll may come this much early. */
const graceMs = 500;

/** Without vowels and look-alikes, so that no words come out. */
const letters = 'BCDFGHJKLMNPQRSTVWXYZ23456789';

interface DeviceRequest {
  clientId: string;
  scope: string;
}

type Poll =
  | { state: 'unknown' | 'expired' | 'redeemed' | 'pending' | 'slow_down' | 'declined' }
  | { state: 'granted'; request: DeviceRequest; objectId: string };

/** Requests to sign in on another device (RFC 8628). Of the device codes only hashes are kept. */
export interface DeviceCodes {
  issue(request: DeviceRequest): { deviceCode: string; userCode: string };
  /** The request that waits for this code to be entered. */
  waiting(userCode: string): DeviceRequest | undefined;
  /** The person who signed in, or `declined`. False when the code is not waiting any more. */
  answer(userCode: string, objectId: string): boolean;
  /** A granted request is redeemed by this, once. */
  poll(deviceCode: string, clientId: string): Poll;
  pending(): { userCode: string; clientId: string; expiresAt: number }[];
}

const hash = (secret: string) => createHash('sha256').update(secret).digest('base64url');
const normalise = (userCode: string) => userCode.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

export function openDeviceCodes(store: DatabaseSync, clock: Clock): DeviceCodes {
  store.exec(`CREATE TABLE IF NOT EXISTS entra_device_code (
    hash TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL, scope TEXT NOT NULL,
    expires_at INTEGER NOT NULL, interval_ms INTEGER NOT NULL, polled_at INTEGER, object_id TEXT,
    redeemed INTEGER NOT NULL DEFAULT 0) STRICT`);
  const findWaiting = (userCode: string) =>
    store
      .prepare('SELECT * FROM entra_device_code WHERE user_code = ? AND object_id IS NULL AND expires_at > ?')
      .get(normalise(userCode), clock.now());
  return {
    issue({ clientId, scope }) {
      const hourMs = 3_600_000;
      store.prepare('DELETE FROM entra_device_code WHERE expires_at < ?').run(clock.now() - hourMs);
      const deviceCode = randomBytes(48).toString('base64url');
      const userCode = Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('');
      store
        .prepare(
          `INSERT INTO entra_device_code (hash, user_code, client_id, scope, expires_at, interval_ms)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run(
          hash(deviceCode),
          userCode,
          clientId,
          scope,
          clock.now() + deviceCodeLifetimeS * 1000,
          pollIntervalS * 1000,
        );
      return { deviceCode, userCode };
    },
    waiting(userCode) {
      const row = findWaiting(userCode);
      return row && { clientId: String(row['client_id']), scope: String(row['scope']) };
    },
    answer: (userCode, objectId) =>
      store
        .prepare(
          `UPDATE entra_device_code SET object_id = ?
           WHERE user_code = ? AND object_id IS NULL AND expires_at > ?`,
        )
        .run(objectId, normalise(userCode), clock.now()).changes === 1,
    poll(deviceCode, clientId) {
      const key = hash(deviceCode);
      const row = store.prepare('SELECT * FROM entra_device_code WHERE hash = ?').get(key);
      if (!row || String(row['client_id']).toLowerCase() !== clientId.toLowerCase())
        return { state: 'unknown' };
      const now = clock.now();
      if (row['redeemed'] === 1) return { state: 'redeemed' };
      if (Number(row['expires_at']) <= now) return { state: 'expired' };
      const interval = Number(row['interval_ms']);
      const early = row['polled_at'] !== null && now - Number(row['polled_at']) < interval - graceMs;
      // RFC 8628 section 3.5: five seconds more from now on.
      store
        .prepare('UPDATE entra_device_code SET polled_at = ?, interval_ms = ? WHERE hash = ?')
        .run(now, early ? interval + pollIntervalS * 1000 : interval, key);
      if (early) return { state: 'slow_down' };
      if (row['object_id'] === null) return { state: 'pending' };
      if (row['object_id'] === 'declined') return { state: 'declined' };
      const redeemed = store
        .prepare('UPDATE entra_device_code SET redeemed = 1 WHERE hash = ? AND redeemed = 0')
        .run(key);
      if (redeemed.changes !== 1) return { state: 'redeemed' };
      const request = { clientId: String(row['client_id']), scope: String(row['scope']) };
      return { state: 'granted', request, objectId: String(row['object_id']) };
    },
    pending: () =>
      store
        .prepare('SELECT * FROM entra_device_code WHERE object_id IS NULL AND expires_at > ?')
        .all(clock.now())
        .map((row) => ({
          userCode: String(row['user_code']),
          clientId: String(row['client_id']),
          expiresAt: Number(row['expires_at']),
        })),
  };
}
