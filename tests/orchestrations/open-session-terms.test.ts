import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaseClaimKey } from '#orchestrations/lease-records.ts';
import { orchestratorNames, sessionInstanceId } from '#orchestrations/names.ts';
import type { OpenSessionOutcome } from '#orchestrations/open-session/orchestrator.ts';
import { revokeSessions, serviceActor } from '#orchestrations/revoke-sessions.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import type { AgentDocument, LeaseDocument } from '#shared/domain/documents.ts';
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
  from: '203.0.113.9',
  lifetimeSeconds: 3600,
};
const instanceId = sessionInstanceId(machineId, sessionId);
const install = { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false };
const approver = { id: '00000000-0000-4000-8000-0000000000c9', name: 'approver@example.test' };
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  await app.run('install', install);
});
afterEach(() => app.close());

async function connect(changes: Partial<OpenSessionInput> = {}): Promise<OpenSessionOutcome> {
  await app.host.start(orchestratorNames.openSession, { instanceId, input: { ...input, ...changes } });
  return (await app.host.waitForCompletion(instanceId)).output as OpenSessionOutcome;
}
const session = async () => (await app.store.read(machineId, 'session', sessionId))?.document;
const isoIn = (minutes: number) => new Date(app.clock.now() + minutes * 60_000).toISOString();

async function addLease(changes: Partial<LeaseDocument> = {}): Promise<void> {
  const lease: LeaseDocument = {
    type: 'lease',
    key: 'leaseabcdefghijk',
    runId: 'leaseabcdefghijk',
    id: 'leaseabcdefghijk',
    machineId,
    service: 'WAC',
    requester: administrator,
    purpose: 'to mend the disk',
    minutes: 30,
    state: 'active',
    requestedAt: isoIn(-1),
    answerBy: isoIn(60),
    decision: { approved: true, by: approver, at: isoIn(-1) },
    startsAt: isoIn(-1),
    endsAt: isoIn(20),
    extensions: [],
    ...changes,
  };
  const claim = { type: 'lease-claim', machineId, key: leaseClaimKey(lease), leaseId: lease.id } as const;
  await app.store.commit(machineId, [{ put: lease }, { put: claim }]);
}

async function requireLease(): Promise<void> {
  const machine = await app.store.read(machineId, 'machine');
  if (!machine) throw new Error('the machine is there');
  const leasePolicy = { required: true, setBy: approver, at: isoIn(0) };
  await app.store.commit(machineId, [{ put: { ...machine.document, leasePolicy } }]);
}

describe('a machine that needs a lease', () => {
  beforeEach(requireLease);

  it('refuses whoever has the role alone', async () => {
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'lease_required' } });
  });

  it('refuses the lease alone: the role says who may (requirement 94)', async () => {
    await addLease();
    app.roles.held.set(administrator.id, { grants: [], denials: [] });
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'access_denied' } });
  });

  it('lets in whoever has both, until the lease ends', async () => {
    await addLease();
    const endsAt = Math.floor((app.clock.now() + 20 * 60_000) / 1000);
    expect(await connect()).toEqual({ opened: true, expiresAt: endsAt });
    expect(await session()).toMatchObject({ leaseId: 'leaseabcdefghijk', expiresAt: endsAt });
    const [opened] = await app.store.list(machineId, 'audit', 1);
    expect(opened).toMatchObject({
      action: 'session open',
      from: '203.0.113.9',
      decision: { leaseId: 'leaseabcdefghijk' },
    });
  });

  it('lets him in however many leases of others are newer than his', async () => {
    await addLease();
    for (let number = 0; number < 520; number += 1) {
      const id = `leaseb${String(number).padStart(10, '0')}`;
      const stored = await app.store.read(machineId, 'lease', 'leaseabcdefghijk');
      if (!stored) throw new Error('the lease is on record');
      const ended = { ...stored.document, id, key: id, requester: approver, state: 'ended' } as const;
      await app.store.commit(machineId, [{ put: ended }]);
    }
    expect(await connect()).toMatchObject({ opened: true });
  });

  it('opens nothing where the lease was ended before the session was on record', async () => {
    await addLease();
    app.probe.answer.meanwhile = () => addLease({ state: 'ended' });
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'lease_required' } });
    expect(await session()).toMatchObject({ state: 'failed' });
  });

  it.each<[string, Partial<LeaseDocument>]>([
    ['of somebody else', { requester: approver }],
    ['for another service', { service: 'SSH' }],
    ['that nobody approved yet', { state: 'requested' }],
    ['that was denied', { state: 'denied' }],
    ['that ended', { state: 'ended' }],
    ['whose time is over, whatever its state says', { endsAt: '2020-01-01T00:00:00.000Z' }],
    [
      'that starts later',
      { state: 'approved', startsAt: '2099-01-01T00:00:00.000Z', endsAt: '2099-01-01T01:00:00.000Z' },
    ],
  ])('does not take a lease %s', async (_, changes) => {
    await addLease(changes);
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'lease_required' } });
  });
});

describe('a machine that needs none', () => {
  it('ends no session with a lease that somebody has all the same', async () => {
    await addLease();
    expect(await connect()).toMatchObject({ opened: true });
    expect(await session()).not.toHaveProperty('leaseId');
  });
});

describe("the machine's own policy", () => {
  it.each<[string, Partial<AgentDocument>, string]>([
    [
      'requirement 38: with everything switched off',
      { localPolicy: { enabled: false, ports: [6516] } },
      'remote_access_disabled',
    ],
    ['requirement 40: without the port', { localPolicy: { enabled: true, ports: [22] } }, 'port_not_allowed'],
    ['requirement 39: that blocks the service', { blockedServices: ['WAC'] }, 'port_not_allowed'],
  ])('%s refuses early and says so', async (_, changes, code) => {
    await reportServing(app, changes);
    expect(await connect()).toMatchObject({ opened: false, error: { code, hop: 'agent' } });
    expect(app.probe.tried).toEqual([]);
  });

  it('requirement 42: with both ports of two services opens one of them', async () => {
    await reportServing(app, { localPolicy: { enabled: true, ports: [22, 6516] } });
    expect(await connect()).toMatchObject({ opened: true });
  });
});

describe('what is kept of a session', () => {
  it('is the assignment that opened it, the machine, and from where', async () => {
    const held = {
      ...grant('WAC', { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] }),
      assignmentId: '/a/1',
    };
    app.roles.held.set(administrator.id, { grants: [held], denials: [] });
    await connect();
    expect(await session()).toMatchObject({
      grantedBy: ['/a/1'],
      from: '203.0.113.9',
      on: { resourceId, kind: 'arc' },
    });
  });

  it('is its end when it was ended while it was opening', async () => {
    app.probe.answer.meanwhile = async () => {
      await revokeSessions(app.ports, { actor: serviceActor, reason: 'uninstalled' }, machineId);
    };
    expect(await connect()).toMatchObject({ opened: false, error: { code: 'session_not_found' } });
    expect(await session()).toMatchObject({ state: 'revoked', end: { reason: 'uninstalled' } });
  });
});
