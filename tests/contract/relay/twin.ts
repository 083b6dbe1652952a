import { createHmac } from 'node:crypto';
import tls from 'node:tls';
import type { JSONWebKeySet } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { RelayRight, SharedAccessRule } from '#local/kit/boundaries.ts';
import { type Clock, systemClock } from '#local/kit/clock.ts';
import { freePort } from '#local/kit/free-port.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { createRelay } from '#local/relay/relay.ts';

const issuer = 'https://login.localhost/tenant/v2.0';

/** The relay stand-in with hybrid connections that a test makes and deletes, and tokens for them. */
export interface RelayTwin {
  host: string;
  relay: StandIn;
  addPath(path: string): void;
  deletePath(path: string): void;
  sas(options: {
    path: string;
    right: RelayRight;
    lifetimeSeconds?: number;
    key?: string;
    rule?: string;
  }): string;
  jwt(audience?: string): Promise<string>;
  close(): Promise<void>;
}

/** A token for `resource`, by the key of a rule, until `expires` (seconds since 1970). */
export function sharedAccessSignature(grant: {
  resource: string;
  expires: number;
  key: string;
  rule: string;
}): string {
  const { expires, key, rule } = grant;
  const resource = encodeURIComponent(grant.resource);
  const sig = createHmac('sha256', key).update(`${resource}\n${expires}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(sig)}&se=${expires}&skn=${rule}`;
}

export async function startRelayTwin(clock: Clock = systemClock): Promise<RelayTwin> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  const port = await freePort();
  const hostName = 'local.relay.localhost';
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys: JSONWebKeySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };

  const paths = new Map<string, readonly SharedAccessRule[]>();
  const deleted: ((namespace: string, path: string) => void)[] = [];
  const ruleOf = (right: RelayRight): SharedAccessRule => ({
    name: right.toLowerCase(),
    rights: [right],
    primaryKey: `primary-${right}`,
    secondaryKey: `secondary-${right}`,
  });
  const relay = await createRelay({
    clock,
    store: openStore(':memory:'),
    port,
    tls: await issueServerIdentity(root, [hostName], Date.now()),
    publicHost: `${hostName}:${port}`,
    namespace: 'local',
    hybridConnections: {
      find: (namespace, path) => {
        const rules = namespace === 'local' ? paths.get(path) : undefined;
        return rules && { rules };
      },
      onDeleted: (callback) => void deleted.push(callback),
    },
    verifyToken: createTokenVerifier({ keys: () => keys, issuers: [issuer], clock }),
  });

  return {
    host: `${hostName}:${port}`,
    relay,
    addPath: (path) => void paths.set(path, [ruleOf('Listen'), ruleOf('Send')]),
    deletePath(path) {
      paths.delete(path);
      for (const callback of deleted) callback('local', path);
    },
    sas({ path, right, lifetimeSeconds = 3600, key = `primary-${right}`, rule = right.toLowerCase() }) {
      const expires = Math.floor(clock.now() / 1000) + lifetimeSeconds;
      return sharedAccessSignature({ resource: `http://${hostName}/${path}`, expires, key, rule });
    },
    jwt: (audience = 'https://relay.azure.net') =>
      new SignJWT({ oid: 'proxy' })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(Math.floor(clock.now() / 1000) + 3600)
        .sign(privateKey),
    close: () => relay.close(),
  };
}
