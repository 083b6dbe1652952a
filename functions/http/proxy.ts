import { type DocumentOf, revocationPartition } from '#shared/domain/documents.ts';
import { problem } from '#shared/protocol/api.ts';
import { proxyState } from '#shared/protocol/proxy-state.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { defineRoute } from './route.ts';

/** Records that are read at once. */
const pageSize = 5_000;

/** All of them: one that is missing would let a revoked session in at a proxy that starts. */
async function listRevocations({ store }: AppPorts): Promise<DocumentOf<'revocation'>[]> {
  const found: DocumentOf<'revocation'>[] = [];
  for (;;) {
    const page = await store.list(revocationPartition, 'revocation', pageSize, found.at(-1)?.key);
    found.push(...page);
    if (page.length < pageSize) return found;
  }
}

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
        listRevocations(ports),
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
