import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orchestratorNames, sessionInstanceId } from '#orchestrations/names.ts';
import type { OpenSessionOutcome } from '#orchestrations/open-session/orchestrator.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { administrator, grant, machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const sessionId = 'abcdefghijklmnop';
const input: OpenSessionInput = {
  machineId,
  machine: { resourceId, subscriptionId, kind: 'arc' },
  sessionId,
  service: 'WAC',
  user: administrator,
  lifetimeSeconds: 3600,
};
const instanceId = sessionInstanceId(machineId, sessionId);
const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  await app.run('install', {
    machineId,
    resourceId,
    subscriptionId,
    port: 6516,
    custody: 'vault',
    newName: false,
  });
  await change({ reach });
  // No line of sight: a handshake would never end well.
  app.faults.fail('probe.tryHandshake', new AppError('proxy_unreachable', 'there is no way'));
});
afterEach(() => app.close());

async function change(changes: Partial<MachineDocument>): Promise<void> {
  const machine = await app.store.read(machineId, 'machine');
  if (machine) await app.store.commit(machineId, [{ put: { ...machine.document, ...changes } }]);
}
async function connect(changes: Partial<OpenSessionInput> = {}): Promise<OpenSessionOutcome> {
  await app.host.start(orchestratorNames.openSession, { instanceId, input: { ...input, ...changes } });
  return (await app.host.waitForCompletion(instanceId)).output as OpenSessionOutcome;
}
const session = async () => (await app.store.read(machineId, 'session', sessionId))?.document;

describe('connecting in direct mode', () => {
  it('opens the session on the word of the agent, and tries no way to the machine', async () => {
    expect(await connect()).toMatchObject({ opened: true });
    expect(app.faults.calls('probe.tryHandshake')).toBe(0);
    const { leaf } = (await app.store.read(machineId, 'certificate'))?.document ?? {};
    expect(await session()).toMatchObject({ state: 'open', seenThumbprint: leaf?.thumbprint });
  });

  it('requirement 134: does not fail because the rule of the network is fresh', async () => {
    const openedAt = app.ports.now().toISOString();
    await change({ portRule: { ruleId: '/rule', isOurs: true, port: 6516, sources: 'any', openedAt } });
    expect(await connect()).toMatchObject({ opened: true });
  });

  it.each<[string, ErrorCode, () => Promise<void>]>([
    ['serves another certificate', 'leaf_mismatch', () => reportServing(app, { servingThumbprint: 'other' })],
    ['is away', 'agent_offline', () => reportServing(app, { connected: false })],
    ['refuses the port', 'port_not_allowed', () => reportServing(app, { blockedServices: ['WAC'] })],
  ])('is refused when the agent %s', async (_, code, report) => {
    await report();
    expect(await connect()).toMatchObject({ opened: false, error: { code } });
    expect(await session()).toMatchObject({ state: 'failed', failure: { code } });
  });

  it('is refused while the agent has not said what it serves', async () => {
    const agent = await app.store.read(machineId, 'agent');
    if (!agent) throw new Error('no agent');
    const { servingThumbprint: _, ...silent } = agent.document;
    await app.store.commit(machineId, [{ put: silent }]);
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'agent_not_serving' } });
  });

  it('accepts the certificate before the newest while that is on its way', async () => {
    const record = await app.store.read(machineId, 'certificate');
    if (!record?.document.leaf) throw new Error('no certificate');
    const { leaf } = record.document;
    const previous = { ...leaf, thumbprint: 'the one before' };
    await app.store.commit(machineId, [{ put: { ...record.document, previous } }]);
    await reportServing(app, { servingThumbprint: 'the one before' });
    expect(await connect()).toMatchObject({ opened: true });
    expect(await session()).toMatchObject({ seenThumbprint: 'the one before' });
  });

  it('is for Windows Admin Center alone: SSH has no way to the machine', async () => {
    await app.connectivity.putServiceConfiguration(resourceId, 'SSH', 22);
    app.roles.held.set(administrator.id, {
      grants: [
        grant('Virtual Machine Administrator Login', {
          dataActions: ['Microsoft.HybridCompute/machines/loginAsAdmin/action'],
        }),
      ],
      denials: [],
    });
    expect(await connect({ service: 'SSH' })).toMatchObject({
      opened: false,
      error: { code: 'direct_mode_unsupported' },
    });
  });
});
