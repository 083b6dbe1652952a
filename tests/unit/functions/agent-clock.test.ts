import { exportJWK, generateKeyPair } from 'jose';
import { expect, it, vi } from 'vitest';
import { registerMachines } from '#functions/http/machines.ts';
import { registerAgentReports } from '#functions/messages/agent-reports.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { type AgentReport, agentReport } from '#shared/protocol/agent-messages.ts';
import { type MachineReply, machineReply } from '#shared/protocol/api.ts';
import { signReport } from '#shared/protocol/report.ts';
import { callFunction, deliverMessage } from '../../support/function-app.ts';
import { createMemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId, reportServing } from '../../support/sample-machine.ts';

vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({}),
}));

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
const memory = createMemoryPorts(clock);
registerMachines(() => memory.ports);
registerAgentReports(() => memory.ports);

const healthOf = async (): Promise<MachineReply['health']> => {
  const headers = { authorization: 'Bearer token' };
  const { body } = await callFunction('getMachine', { params: { id: machineId }, headers });
  return machineReply.parse(body).health;
};

it('a wrong clock that the agent mends by itself is told, until it is right', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  await addMachine(memory, { extension: { state: 'installed', port: 6516 } });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  await reportServing(memory, { signingKey: JSON.stringify({ kty, crv, x, y }) });
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
  const send = async (sequence: number, differs: Partial<AgentReport>) => {
    const report = agentReport.parse({
      machineId,
      sequence,
      at: new Date(clock.now()).toISOString(),
      agentVersion: '0.1.0',
      kind: 'heartbeat',
      relayConnected: true,
      blockedServices: [],
      ...differs,
    });
    await deliverMessage(
      'agentReports',
      { jws: await signReport(privateKey, report) },
      { sessionId: machineId },
    );
  };
  await send(2, { clockOffsetMs: 600_000 });
  expect(await healthOf()).toMatchObject({
    state: 'degraded',
    reasons: [{ code: 'clock_wrong', sentence: 'The clock of the machine is 10 minutes slow.' }],
  });
  await send(3, {});
  expect(await healthOf()).toEqual({ state: 'healthy', reasons: [] });
});
