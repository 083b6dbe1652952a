import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteServed } from '#functions/messages/agent-reports.ts';
import { renewDue } from '#functions/timers/renew-certificates.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { createIssueCertificateActivities } from '#orchestrations/issue-certificate/activities.ts';
import { agentReportedEvent, cancelRequestedEvent, sweepInstanceId } from '#orchestrations/names.ts';
import { createReplaceFleetActivities } from '#orchestrations/replace-fleet/activities.ts';
import type { RateLimit } from '#shared/domain/budget.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { createMemoryCertificateAuthority } from '../support/memory-certificate-authority.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { administrator, machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const hourMs = 3_600_000;
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
  app.faults.before('extension.read', () => reportServing(app));
});
afterEach(() => app.close());

const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
const machine = async () => (await app.store.read(machineId, 'machine'))?.document;
const away = new AppError('certificate_order_refused', 'no');

async function setMachine(changes: Partial<MachineDocument>): Promise<void> {
  const found = await machine();
  if (found) await app.store.commit(machineId, [{ put: { ...found, ...changes } }]);
}
async function sweep(): Promise<void> {
  await renewDue(app.ports, app.client, { info() {}, warn() {} });
  await app.host.waitForCompletion(sweepInstanceId(app.ports.now().toISOString().slice(0, 16)));
}

async function subject() {
  return { machineId, resourceId, machineName: (await machine())?.machineName ?? '', custody: 'vault' };
}

describe('an install that is repeated', () => {
  it('after a renewal failed takes up the leaf that is good for longer, and its authority is asked for advice', async () => {
    await app.run('install', install);
    app.faults.fail('authority.createOrder', away, 1);
    expect((await app.run('renew', await subject())).status).toBe('failed');
    expect((await record())?.state).toBe('waiting');
    expect(await app.run('install', install)).toMatchObject({ status: 'succeeded' });
    expect(await record()).toMatchObject({ state: 'served', checkAt: expect.any(String) });
    expect(app.authority.issued).toHaveLength(1);
  });
});

describe('a leaf whose key the machine held', () => {
  let requests = 0;
  beforeEach(() => {
    requests = 0;
    app.faults.before('store.read', async () => {
      if (app.activities.at(-1) !== 'hasRequest' || app.extension.deployments.length === 0) return;
      const key = (await record())?.wantedRequest;
      if (key === undefined || (await app.store.read(machineId, 'certificate-request', key))) return;
      const request = Buffer.from(`request of key ${(requests += 1)}`).toString('base64');
      await app.store.commit(machineId, [
        { create: { type: 'certificate-request', machineId, key, request } },
      ]);
      await app.host.raiseEvent((await machine())?.currentOperation?.id ?? '', agentReportedEvent, {});
    });
  });

  it('is of no use to the next agent, whose keys are others', async () => {
    // It has enrolled and makes its request, and then never serves what it gets.
    app.extension.machine.onInstall = () => reportServing(app, { servingThumbprint: 'none' });
    app.faults.before('extension.read', () => {});
    const held = { ...install, custody: 'machine' as const };
    expect(await app.run('install', held)).toMatchObject({ error: { code: 'agent_not_serving' } });
    const lost = (await record())?.leaf?.thumbprint;
    expect(lost).toBeDefined();

    app.clock.advance(hourMs);
    app.faults.before('extension.read', () => reportServing(app));
    expect(await app.run('install', held)).toMatchObject({ status: 'succeeded' });
    expect((await record())?.leaf?.thumbprint).not.toBe(lost);
  });
});

describe('a revocation for a compromised key', () => {
  const revoke = async () =>
    app.run('revoke', { ...(await subject()), reason: 'keyCompromise', requestedBy: administrator });

  it('goes on being urgent while its replacement is tried again', async () => {
    await app.run('install', install);
    app.faults.fail('authority.createOrder', away, 1);
    expect((await revoke()).status).toBe('failed');
    expect(await record()).toMatchObject({
      state: 'waiting',
      replacement: { revokedAt: expect.any(String) },
    });
    const { describeTurn } = createIssueCertificateActivities(app.ports);
    const described = await describeTurn({
      machineId,
      machineName: (await machine())?.machineName ?? '',
      custody: 'vault',
      isInstall: false,
    });
    if ('thumbprint' in described) throw new Error('there is nothing to order');
    const { request } = described;
    expect(request.urgency).toBe('urgent');
  });

  it('revokes the leaf that is served, not the one that was never taken up', async () => {
    await app.run('install', install);
    const inService = (await record())?.leaf;
    app.faults.before('extension.read', () => {});
    expect((await app.run('renew', await subject())).error?.code).toBe('agent_not_serving');
    expect((await record())?.state).toBe('issued');
    app.clock.advance(hourMs);
    app.faults.before('extension.read', () => reportServing(app));
    expect((await revoke()).status).toBe('succeeded');
    expect(app.authority.revoked).toEqual([
      { serialNumber: inService?.serialNumber, reason: 'keyCompromise' },
    ]);
    expect((await record())?.state).toBe('served');
  });
});

describe('a change of who holds the key', () => {
  it('that waits for its turn is what the sweep goes on with', async () => {
    await app.run('install', install);
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: hourMs });
    app.faults.fail('authority.createOrder', limited, 1);
    const toVault = await subject();
    await setMachine({ custody: 'machine' });
    expect((await app.run('renew', toVault)).status).toBe('postponed');
    app.clock.advance(2 * hourMs);
    await sweep();
    expect(await record()).toMatchObject({ state: 'served', custody: 'vault' });
    expect((await machine())?.custody).toBe('vault');
  });

  it('by an install that fails leaves it with whom it is', async () => {
    await app.run('install', install);
    expect(await app.run('install', { ...install, custody: 'machine' })).toMatchObject({
      error: { code: 'certificate_request_missing' },
    });
    expect((await machine())?.custody).toBe('vault');
  });

  it('that a crash cut off is made good by the next report', async () => {
    await app.run('install', install);
    const { thumbprint } = (await record())?.leaf ?? {};
    await setMachine({ custody: 'machine' });
    await noteServed(app.ports, machineId, thumbprint);
    expect((await machine())?.custody).toBe('vault');
  });
});

describe('nobody waits behind', () => {
  const waiters = async () => (await app.budgets.read('authority-test')).waiters;
  const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 48 * hourMs });

  beforeEach(async () => {
    await app.run('install', install);
    app.faults.fail('authority.createOrder', limited, 1);
  });

  it('a machine that is uninstalled while its renewal waits', async () => {
    expect((await app.run('renew', await subject())).status).toBe('postponed');
    expect(await waiters()).toHaveLength(1);
    expect((await app.run('uninstall', { machineId, resourceId })).status).toBe('succeeded');
    expect(await waiters()).toEqual([]);
  });

  it('a fleet-wide replacement that is called off', async () => {
    const request = { reason: 'unspecified', revoke: false, drill: 'd' } as const;
    const requestedAt = new Date(app.clock.now()).toISOString();
    await moveCertificate(app.ports, machineId, { type: 'replace', request: { ...request, requestedAt } });
    expect((await app.run('renew', await subject())).status).toBe('postponed');
    await createReplaceFleetActivities(app.ports).unmark({ id: 'd' });
    expect(await waiters()).toEqual([]);
    expect(await record()).toMatchObject({ state: 'served' });
  });
});

describe('a new name that is called off while its certificate waits', () => {
  it('is taken back, and the certificate in service keeps its own due moment', async () => {
    await app.run('install', install);
    const before = { machine: await machine(), record: await record(), names: [...app.dns.names.keys()] };
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 48 * hourMs });
    app.faults.fail('authority.createOrder', limited, 1);
    const id = await app.begin('install', { ...install, newName: true });
    await app.host.raiseEvent(id, cancelRequestedEvent, {});
    await app.host.waitForCompletion(id);
    expect((await app.operation(id)).error?.code).toBe('operation_cancelled');
    expect(await machine()).not.toHaveProperty('nextName');
    expect((await machine())?.machineName).toBe(before.machine?.machineName);
    expect([...app.dns.names.keys()]).toEqual(before.names);
    expect(await record()).toMatchObject({ state: 'served', dueAt: before.record?.dueAt });
    expect(await record()).not.toHaveProperty('plan');
  });
});

describe('an install that waited', () => {
  it('cannot be called off once it works again', async () => {
    const seen: (string | undefined)[] = [];
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 48 * hourMs });
    app.faults.fail('authority.createOrder', limited, 1);
    app.faults.before('dns.addTextValues', async () => {
      const id = (await machine())?.currentOperation?.id ?? '';
      seen.push((await app.operation(id)).resumesAt);
    });
    expect((await app.run('install', install)).status).toBe('succeeded');
    expect(seen).toEqual([undefined]);
  });
});

describe('an order', () => {
  it('whose certificate the vault cannot take for ten minutes is not repeated', async () => {
    app.faults.fail('vault.mergeCertificate', new AppError('key_vault_unavailable', 'away'), 6);
    expect((await app.run('install', install)).status).toBe('succeeded');
    expect(app.authority.orders).toHaveLength(1);
  });

  describe('of a budget of one a day', () => {
    const limitId = 'certificates-per-zone';
    const daily: RateLimit = {
      id: limitId,
      title: 'Certificates per registered domain',
      capacity: 1,
      refillMs: 24 * hourMs,
      scope: 'zone',
      freeForReplacements: true,
    };

    beforeEach(() => {
      const authority = createMemoryCertificateAuthority({
        limits: [daily],
        now: app.clock.now,
        textValues: (name) => app.dns.texts.get(name.slice(0, -'.wac.test'.length)) ?? new Set<string>(),
        lifetimeMs: 90 * 24 * hourMs,
      });
      app.authorities[0] = {
        ...authority,
        async createOrder(order) {
          if (order.replaces !== undefined)
            throw new AppError('certificate_replacement_refused', 'it was replaced already');
          return authority.createOrder(order);
        },
      };
    });

    it('has spent its token although its proofs cannot be removed', async () => {
      app.faults.fail('dns.removeTextValues', new AppError('dns_unavailable', 'away'));
      await app.run('install', install);
      const [bucket] = (await app.budgets.read('authority-test')).buckets;
      expect(bucket?.fullAt).toBeGreaterThan(app.clock.now());
    });

    it('has spent its token although it cannot be proven', async () => {
      const [authority] = app.authorities;
      if (!authority) throw new Error('no authority');
      app.authorities[0] = {
        ...authority,
        async createOrder(order) {
          await authority.createOrder(order);
          throw new AppError('certificate_challenge_failed', 'the authority offers no DNS-01 challenge');
        },
      };
      await app.run('install', install);
      const [bucket] = (await app.budgets.read('authority-test')).buckets;
      expect(bucket?.fullAt).toBeGreaterThan(app.clock.now());
    });

    it('keeps its place in the queue when it turns out that it cannot replace', async () => {
      await app.run('install', install);
      expect((await app.run('renew', await subject())).status).toBe('postponed');
      const turnAt = Date.parse((await record())?.plan?.turnAt ?? '');
      app.clock.advance(hourMs);
      const since = new Date(app.clock.now()).toISOString();
      const behind = new Date(turnAt + 24 * hourMs).toISOString();
      await app.budgets.commit('authority-test', [
        { waiter: { machineId: 'another', urgency: 'renewal', since, turnAt: behind, needs: [limitId] } },
      ]);
      app.clock.advance(turnAt - app.clock.now());
      expect((await app.run('renew', await subject())).status).toBe('succeeded');
    });
  });
});
