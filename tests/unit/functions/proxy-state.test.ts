import { expect, it } from 'vitest';
import { registerProxy } from '#functions/http/proxy.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { revocationPartition } from '#shared/domain/documents.ts';
import { proxyState } from '#shared/protocol/proxy-state.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, tenantId } from '../../support/memory-ports.ts';

it('a proxy that starts is told of every session that was revoked, however many', async () => {
  const memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  const id = 'proxy-identity';
  memory.callers.set(id, { id, name: id, tenantId, isApplication: true, roles: [] });
  registerProxy(() => memory.ports);
  const revoked = Array.from({ length: 10_001 }, (_, number) => ({
    put: {
      type: 'revocation' as const,
      machineId: revocationPartition,
      key: String(number).padStart(16, '0'),
      expiresAt: 4e9,
    },
  }));
  await memory.store.commit(revocationPartition, revoked);
  const { body } = await callFunction('proxyState', { headers: { authorization: `Bearer ${id}` } });
  expect(new Set(proxyState.parse(body).revokedSessions.map(({ sessionId }) => sessionId)).size).toBe(10_001);
});
