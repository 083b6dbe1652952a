import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { registerExtension } from '#functions/http/extension.ts';
import { registerAgentReports } from '#functions/messages/agent-reports.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { AgentReport } from '#shared/protocol/agent-messages.ts';
import { extensionReply } from '#shared/protocol/api.ts';
import { signReport } from '#shared/protocol/report.ts';
import { callFunction, deliverMessage } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId, reportServing } from '../../support/sample-machine.ts';

vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({}),
}));

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
let memory: MemoryPorts;
registerExtension(() => memory.ports);
registerAgentReports(() => memory.ports);

const { privateKey, publicKey } = await generateKeyPair('ES256');
const report: AgentReport = {
  machineId,
  sequence: 2,
  at: '2026-10-01T12:00:00.000Z',
  agentVersion: '1.0.0',
  kind: 'heartbeat',
  relayConnected: true,
  blockedServices: [],
};

async function startWithAgent(): Promise<void> {
  memory = createMemoryPorts(clock);
  await addMachine(memory, { extension: { state: 'installed', port: 6516 } });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  await reportServing(memory, { signingKey: JSON.stringify({ kty, crv, x, y }) });
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
}

const send = async (one: AgentReport) =>
  deliverMessage('agentReports', { jws: await signReport(privateKey, one) }, { sessionId: machineId });

async function readChecks() {
  const params = { id: machineId };
  const { body } = await callFunction('getExtension', { params, headers: { authorization: 'Bearer token' } });
  return extensionReply.parse(body).detailedStatus.checks;
}

describe('what an agent found on its machine', () => {
  const checks: AgentReport['checks'] = [
    { id: 'service', ok: true, found: 'ServerManagementGateway is running' },
    {
      id: 'installation',
      ok: false,
      found: 'SmePort is 6516; the service runs, and the page does not load',
      next: 'uninstall the extension and install it again',
    },
  ];

  it('requirements 57, 112 and 119: is in the detailed status of the extension, as it was last reported', async () => {
    await startWithAgent();
    expect(await readChecks()).toEqual([]);
    await send({ ...report, checks });
    expect(await readChecks()).toEqual(checks);
    await send({ ...report, sequence: 3 });
    expect(await readChecks()).toEqual(checks);
    await send({ ...report, sequence: 4, checks: checks.slice(0, 1) });
    expect(await readChecks()).toEqual(checks.slice(0, 1));
  });

  it('is refused with its report when it is longer than agreed', async () => {
    await startWithAgent();
    await send({ ...report, checks: [{ id: 'service', ok: true, found: 'x'.repeat(161) }] });
    expect(await readChecks()).toEqual([]);
    const agent = await memory.ports.store.read(machineId, 'agent');
    expect(agent?.document.reportSequence).toBe(1);
  });
});
