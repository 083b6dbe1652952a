import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfPresent, writeDurably } from './durable-file.ts';
import { letAllRead } from './public-file.ts';

/** A statement is good for so long; one with less than half of it left is made anew. */
const lifetimeSeconds = 120;
const type = 'admin-center-identity+jwt';
const issuer = 'admin-center-agent';

/** Who a visitor is, as his ticket says. */
export interface Visitor {
  sessionId: string;
  /** UPN. */
  user: string;
  /** Object id in Entra; absent where the ticket is of an older control plane. */
  userId?: string | undefined;
}

export interface ServiceIdentity {
  /**
   * A compact JWS (ES256) for the header `x-admin-center-identity`. `audience` is the origin of the service as the agent
   * calls it.
   */
  statementFor(visitor: Visitor, audience: string): string;
}

const keyFile = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** RFC 7638. */
const thumbprintOf = ({ crv, kty, x, y }: JsonWebKey): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');

/** Another key where the file is damaged: services read the public one again when they do not know it. */
async function openKey(file: string): Promise<KeyObject> {
  const text = await readIfPresent(file);
  try {
    if (text !== undefined) return createPrivateKey({ key: keyFile.parse(JSON.parse(text)), format: 'jwk' });
  } catch {
    // Made anew below.
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeDurably(file, JSON.stringify(privateKey.export({ format: 'jwk' })));
  return privateKey;
}

/**
 * Opens the key of this machine's statements, `service-identity.json`, which never leaves the data directory, and writes
 * its public half for the services of this machine: `service-identity-keys.json`, a JWKS (RFC 7517) that anybody on it
 * may read.
 */
export async function openServiceIdentity(
  dataDirectory: string,
  nowSeconds: () => number,
): Promise<ServiceIdentity> {
  const privateKey = await openKey(join(dataDirectory, 'service-identity.json'));
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = thumbprintOf(publicKey);
  const publicFile = join(dataDirectory, 'service-identity-keys.json');
  await writeDurably(publicFile, JSON.stringify({ keys: [{ ...publicKey, kid, alg: 'ES256', use: 'sig' }] }));
  await letAllRead(publicFile, dataDirectory);
  const header = encode({ alg: 'ES256', typ: type, kid });
  const made = new Map<string, { text: string; until: number }>();

  return {
    statementFor({ sessionId, user, userId }, audience) {
      const now = nowSeconds();
      const key = `${sessionId} ${audience}`;
      const kept = made.get(key);
      if (kept && now < kept.until && now >= kept.until - lifetimeSeconds) return kept.text;
      for (const [other, { until }] of made) if (until <= now) made.delete(other);
      const claims = {
        iss: issuer,
        sub: user,
        ...(userId !== undefined && { oid: userId }),
        sid: sessionId,
        aud: audience,
        groups: ['administrators'],
        iat: now,
        exp: now + lifetimeSeconds,
      };
      const input = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const text = `${input}.${signature.toString('base64url')}`;
      made.set(key, { text, until: now + lifetimeSeconds / 2 });
      return text;
    },
  };
}
