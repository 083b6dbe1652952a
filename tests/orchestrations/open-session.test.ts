import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orchestratorNames, sessionInstanceId } from '#orchestrations/names.ts';
import type { OpenSessionOutcome } from '#orchestrations/open-session/orchestrator.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';
import { verifyLabel } from '#shared/domain/label.ts';
import { type DurableApp, openDurableApp, startMs } from '../support/durable-app.ts';
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
const install = { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false };
let app: DurableApp;
let begunAt: number;

beforeEach(async () => {
  app = await openDurableApp();
  await app.run('install', install);
  app.activities.length = 0;
  begunAt = app.clock.now();
});
afterEach(() => app.close());

async function connect(changes: Partial<OpenSessionInput> = {}): Promise<OpenSessionOutcome> {
  await app.host.start(orchestratorNames.openSession, { instanceId, input: { ...input, ...changes } });
  const { runtimeStatus, output } = await app.host.waitForCompletion(instanceId);
  expect(runtimeStatus).toBe('Completed');
  return output as OpenSessionOutcome;
}

const session = async () => (await app.store.read(machineId, 'session', sessionId))?.document;
const audits = async () =>
  (await app.store.list(machineId, 'audit', 10)).filter(({ action }) => action === 'session open');

describe('connecting', () => {
  it('requirements 71-73 and C6: asks for access, then tries the new name, and opens the session', async () => {
    expect(await connect()).toEqual({ opened: true, expiresAt: begunAt / 1000 + 3600 });
    expect(app.activities).toEqual(['requireAccess', 'tryNewSession']);
    expect(await session()).toMatchObject({
      state: 'open',
      user: administrator,
      createdAt: begunAt / 1000,
      expiresAt: begunAt / 1000 + 3600,
      seenThumbprint: (await app.store.read(machineId, 'certificate'))?.document.leaf?.thumbprint,
    });
    expect(await audits()).toMatchObject([{ action: 'session open', outcome: 'succeeded' }]);
  });

  it('tries the very label that the session will have', async () => {
    await connect();
    const machine = await app.store.read(machineId, 'machine');
    const [label = '', machineName = '', ...zone] = app.probe.tried[0]?.split('.') ?? [];
    expect(machineName).toBe(machine?.document.machineName);
    expect(zone.join('.')).toBe('wac.test');
    const key = Buffer.from('key of the session labels');
    expect(verifyLabel([key], machineName, label, startMs / 1000)).toEqual({
      sessionId,
      service: 'WAC',
      expiresAt: begunAt / 1000 + 3600,
    });
  });

  it('accepts the old leaf while a newer one is on its way to the machine', async () => {
    await reportServing(app, { servingThumbprint: 'old leaf' });
    app.probe.answer.thumbprint = 'old leaf';
    expect(await connect()).toEqual({ opened: true, expiresAt: begunAt / 1000 + 3600 });
  });

  it('goes on while an install is repeated on the machine', async () => {
    const machine = await app.store.read(machineId, 'machine');
    if (!machine?.document.extension) throw new Error('not installed');
    const extension = { ...machine.document.extension, state: 'installing' as const };
    await app.store.commit(machineId, [{ put: { ...machine.document, extension } }]);
    expect(await connect()).toEqual({ opened: true, expiresAt: begunAt / 1000 + 3600 });
  });
});

describe('the label', () => {
  const labelTried = () => app.probe.tried[0]?.split('.')[0] ?? '';

  it('never reaches what Durable keeps', async () => {
    await connect();
    expect(app.durableText()).toContain(sessionId);
    expect(labelTried()).toHaveLength(58);
    expect(app.durableText()).not.toContain(labelTried());
  });

  it('never reaches it by the words of a failure either, nor the audit trail', async () => {
    app.probe.answer.failure = (hostName) =>
      new AppError('name_not_resolved', `${hostName} does not resolve`, {
        facts: { hostName },
        cause: new Error(`getaddrinfo ENOTFOUND ${hostName}`),
      });
    expect(await connect()).toMatchObject({ error: { code: 'name_not_resolved' } });
    expect(app.durableText()).toContain('does not resolve');
    expect(app.durableText()).not.toContain(labelTried());
    expect(JSON.stringify(await audits())).not.toContain(labelTried());
  });
});

describe('a refusal', () => {
  const put = async (type: 'machine' | 'agent', changes: object) => {
    const found = await app.store.read(machineId, type);
    if (found) await app.store.commit(machineId, [{ put: { ...found.document, ...changes } }]);
  };
  const refusals: [string, ErrorCode, () => unknown][] = [
    ['the caller has no role', 'access_denied', () => app.roles.held.clear()],
    ['the machine has no endpoint', 'endpoint_missing', () => app.connectivity.endpoints.clear()],
    [
      'requirement 47: the service has no configuration',
      'service_not_configured',
      () => app.connectivity.endpoints.set(resourceId, { SSH: 22 }),
    ],
    ['nothing is installed', 'extension_not_installed', () => put('machine', { extension: undefined })],
    [
      'the first install has not ended',
      'extension_not_installed',
      () => put('machine', { extension: { state: 'installing', port: 6516 } }),
    ],
    [
      'there is no certificate',
      'certificate_missing',
      () => app.store.commit(machineId, [{ remove: 'certificate' }]),
    ],
    ['no agent has enrolled', 'agent_offline', () => app.store.commit(machineId, [{ remove: 'agent' }])],
    ['the agent is away', 'agent_offline', () => put('agent', { connected: false })],
    [
      'requirement 39: the machine itself blocks the service',
      'port_not_allowed',
      () => put('agent', { blockedServices: ['WAC'] }),
    ],
    [
      'the provider is not registered',
      'provider_not_registered',
      () =>
        app.faults.fail(
          'connectivity.findServiceConfigurations',
          new AppError('provider_not_registered', 'no'),
        ),
    ],
    [
      'ARM does not answer',
      'resource_manager_unavailable',
      () => app.faults.fail('roles.rolesIn', new AppError('resource_manager_unavailable', 'no')),
    ],
  ];

  it.each(refusals)('in step 1 is said at once and step 2 is not reached: %s', async (_, code, arrange) => {
    await arrange();
    expect(await connect()).toMatchObject({ opened: false, error: { code } });
    expect(app.activities).toEqual(['requireAccess', 'recordRefusal']);
    expect(app.probe.tried).toEqual([]);
    expect(await session()).toMatchObject({
      state: 'failed',
      failure: { code: expect.any(String), remedy: expect.any(String) },
    });
    expect(await audits()).toMatchObject([
      { outcome: 'refused', decision: { right: 'connect-wac', code }, session: { sessionId } },
    ]);
  });

  it('for want of a right names the action and nothing else of the machine', async () => {
    app.roles.held.set(administrator.id, {
      grants: [grant('Owner', { actions: ['*'] }, `/subscriptions/${subscriptionId}`)],
      denials: [],
    });
    app.connectivity.endpoints.clear();
    expect(await connect()).toMatchObject({
      error: {
        code: 'access_denied',
        facts: { missingAction: 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action' },
      },
    });
  });

  it('requirement 95: of SSH to one who may only open WAC', async () => {
    app.connectivity.endpoints.set(resourceId, { WAC: 6516, SSH: 22 });
    expect(await connect({ service: 'SSH' })).toMatchObject({ error: { code: 'access_denied' } });
  });

  const hops: ErrorCode[] = [
    'name_not_resolved',
    'proxy_unreachable',
    'proxy_refused',
    'agent_offline',
    'leaf_mismatch',
    'service_unreachable',
  ];
  it.each(hops)('requirement 118: in step 2 is the hop that failed, said once: %s', async (code) => {
    app.probe.answer.failure = () => new AppError(code, 'as the test wants it');
    expect(await connect()).toMatchObject({ error: { code, detail: 'as the test wants it' } });
    expect(app.probe.tried).toHaveLength(1);
    expect(await session()).toMatchObject({ state: 'failed', failure: { code } });
  });

  it('of an extension that is too old says which version is needed', async () => {
    app.extension.states.set(resourceId, {
      state: 'succeeded',
      version: '0.0.0.168',
      connectNeeds: '0.0.0.169',
    });
    const outcome = await connect();
    expect(outcome).toMatchObject({
      opened: false,
      error: { code: 'extension_outdated', facts: { found: '0.0.0.168', needed: '0.0.0.169' } },
    });
  });

  it('of another leaf says which one was seen', async () => {
    app.probe.answer.thumbprint = 'stranger';
    expect(await connect()).toMatchObject({
      error: { code: 'leaf_mismatch', facts: { seen: 'stranger' } },
    });
  });
});

describe('a crash', () => {
  it.each(['crashBefore', 'crashAfter'] as const)('%s the trial opens the same session', async (when) => {
    const crashed = app.host[when]('tryNewSession');
    await app.host.start(orchestratorNames.openSession, { instanceId, input });
    await crashed;
    app.clock.advance(30_000);
    await app.host.reopen();
    expect((await app.host.waitForCompletion(instanceId)).output).toMatchObject({ opened: true });
    const opened = await session();
    expect(opened?.state).toBe('open');
    expect(new Set(app.probe.tried).size).toBe(1);
  });
});
