import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventType } from '#local/functions-host/durable/history.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const install: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const certificate = async () => (await app.store.read(machineId, 'certificate'))?.document;
const agent = async () => (await app.store.read(machineId, 'agent'))?.document;
const looks = () => app.activities.filter((name) => name === 'readDelivery').length;

const timersFired = (id: string) =>
  app.host.history(id).filter(({ EventType }) => EventType === eventType.timerFired).length;

describe('delivering a certificate', () => {
  it('goes on as soon as the agent has reported, without its own timer', async () => {
    app.extension.machine.onInstall = async () => {};
    const id = await app.begin('install', install);
    app.faults.before('extension.read', async () => {
      if (looks() !== 1) return;
      // The first look is under way and does not see it any more.
      await reportServing(app);
      await app.host.raiseEvent(id, agentReportedEvent, {});
    });
    await app.host.waitForCompletion(id);
    expect((await app.operation(id)).status).toBe('succeeded');
    expect(looks()).toBe(2);
    expect(timersFired(id)).toBe(0);
  });

  it('looks again by itself when the report’s event was lost', async () => {
    app.extension.machine.onInstall = async () => {};
    app.faults.before('extension.read', async () => {
      if (looks() === 3) await reportServing(app);
    });
    const operation = await app.run('install', install);
    expect(operation.status).toBe('succeeded');
    expect(looks()).toBe(4);
  });

  it('requirement 48: is not fooled by a report about another leaf, nor by an event without a report', async () => {
    app.extension.machine.onInstall = () => reportServing(app, { servingThumbprint: 'another' });
    const id = await app.begin('install', install);
    await app.host.raiseEvent(id, agentReportedEvent, {});
    await app.host.raiseEvent(id, agentReportedEvent, {});
    await app.host.waitForCompletion(id);
    expect((await app.operation(id)).error).toMatchObject({
      code: 'agent_not_serving',
      detail: 'after 20 minutes the agent has enrolled and fetches the certificate',
    });
  });

  it('tells the agent by an event that carries the thumbprint and no secret', async () => {
    await app.run('install', install);
    const thumbprint = (await certificate())?.leaf?.thumbprint;
    expect(app.bus.toAgents).toMatchObject([
      { machineId, event: { type: 'admin-center.certificate.changed', data: { thumbprint } } },
    ]);
  });
});

describe('a renewal', () => {
  let renew: RenewCertificateInput;

  beforeEach(async () => {
    await app.run('install', install);
    const machine = await app.store.read(machineId, 'machine');
    const machineName = machine?.document.machineName ?? '';
    renew = { machineId, resourceId, machineName, custody: 'vault' };
    app.activities.length = 0;
  });

  it('issues a new certificate although the old one is still good', async () => {
    const before = await certificate();
    app.faults.before('extension.read', () => reportServing(app));
    const operation = await app.run('renew', renew);
    expect(operation).toMatchObject({
      status: 'succeeded',
      steps: [{ status: 'succeeded' }, { status: 'succeeded' }],
    });
    expect((await certificate())?.leaf?.thumbprint).not.toBe(before?.leaf?.thumbprint);
    expect(await certificate()).toMatchObject({ state: 'served', leaf: { servedAt: expect.any(String) } });
  });

  it('requirement 67: leaves the old one served until the machine reports the new one', async () => {
    const before = await certificate();
    app.faults.before('extension.read', async () => {
      if (looks() > 2) return;
      // What is served in the meantime.
      expect((await agent())?.servingThumbprint).toBe(before?.leaf?.thumbprint);
      expect(await certificate()).toMatchObject({ state: 'issued' });
      if (looks() === 2) await reportServing(app);
    });
    const operation = await app.run('renew', renew);
    expect(operation.status).toBe('succeeded');
    expect((await agent())?.servingThumbprint).toBe((await certificate())?.leaf?.thumbprint);
  });

  it('keeps the old one in the vault, so that a machine that comes late finds its version', async () => {
    const before = await certificate();
    app.faults.before('extension.read', () => reportServing(app));
    await app.run('renew', renew);
    const name = `machine-${renew.machineName}`;
    expect(await app.vault.readPrivate(name, before?.leaf?.version ?? '')).toBeDefined();
  });

  it('that is not taken up fails, frees the machine and takes nothing from the old one', async () => {
    const before = await agent();
    const operation = await app.run('renew', renew);
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'agent_not_serving' } });
    expect(await agent()).toEqual(before);
    const machine = await app.store.read(machineId, 'machine');
    expect(machine?.document).not.toHaveProperty('currentOperation');
    expect(machine?.document.extension).toMatchObject({ state: 'installed' });
    expect(app.dns.names.size).toBe(2);
  });

  it('that fails is tried again after half an hour at the soonest, not at every run of the timer', async () => {
    const due = await certificate();
    if (!due) throw new Error('nothing was issued');
    await app.store.commit(machineId, [{ put: { ...due, dueAt: new Date(app.clock.now()).toISOString() } }]);
    app.faults.fail('authority.createOrder', new AppError('certificate_order_refused', 'no'));
    const before = app.clock.now();
    expect((await app.run('renew', renew)).error).toMatchObject({ code: 'certificate_order_refused' });
    const wait = Date.parse((await certificate())?.dueAt ?? '') - before;
    expect(wait).toBeGreaterThanOrEqual(1_800_000);
    expect(await app.store.findDue(new Date(app.clock.now()).toISOString(), 10)).toEqual([]);
  });
});

describe('an uninstall', () => {
  it('requirement 58: takes all that was for the agent and keeps the endpoint', async () => {
    await app.run('install', install);
    const operation = await app.run('uninstall', { machineId, resourceId });
    expect(operation.status).toBe('succeeded');
    expect(app.dns.names.size + app.relay.connections.size + app.bus.queues.size).toBe(0);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({});
    const machine = await app.store.read(machineId, 'machine');
    expect(machine?.document).not.toHaveProperty('machineName');
    for (const type of ['certificate', 'agent', 'enrolment'] as const)
      expect(await app.store.read(machineId, type)).toBeUndefined();
  });

  it('requirement 56: is followed by an install under another name, with a certificate of its own', async () => {
    await app.run('install', install);
    const before = await app.store.read(machineId, 'machine');
    await app.run('uninstall', { machineId, resourceId });
    expect((await app.run('install', install)).status).toBe('succeeded');
    const after = await app.store.read(machineId, 'machine');
    expect(after?.document.machineName).not.toBe(before?.document.machineName);
    expect(app.authority.issued).toHaveLength(2);
  });
});
