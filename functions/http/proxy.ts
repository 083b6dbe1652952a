import { revocationPartition } from '#shared/domain/documents.ts';
import { problem } from '#shared/protocol/api.ts';
import { proxyState } from '#shared/protocol/proxy-state.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import type { PortsProvider } from '../ports.ts';
import { defineRoute } from './route.ts';

/** More sessions than a region revokes within their longest life. */
const revocationLimit = 10_000;

export function registerProxy(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'proxyState',
      method: 'GET',
      route: 'api/proxy/state',
      audience: 'proxy',
      summary: 'Label keys and revoked sessions, for the proxies',
      replies: { 200: proxyState, 401: problem, 403: problem },
    },
    async ({ ports }) => {
      const [keys, revocations] = await Promise.all([
        ports.secrets.listSecretVersions(secretNames.sessionLabelKey),
        ports.store.list(revocationPartition, 'revocation', revocationLimit),
      ]);
      return {
        body: {
          zone: ports.zone,
          labelKeys: keys.map(({ value }) => Buffer.from(value).toString('base64url')),
          revokedSessions: revocations.map(({ key, expiresAt }) => ({ sessionId: key, expiresAt })),
        },
      };
    },
  );
}
