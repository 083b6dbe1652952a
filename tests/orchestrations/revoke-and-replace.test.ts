import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewDue } from '#functions/timers/renew-certificates.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { cancelRequestedEvent, orchestratorNames } from '#orchestrations/names.ts';
import type { RevokeCertificateInput } from '#orchestrations/revoke-certificate/orchestrator.ts';
import type { RevocationReason } from '#shared/domain/certificate.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { reportAllServing } from '../support/fleet.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { administrator, machineId, resourceId } from '../support/sample-machine.ts';

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
  app.faults.before('extension.read', () => reportAllServing(app));
  await app.run('install', install);
  app.activities.length = 0;
});
afterEach(() => app.close());

const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
async function revoke(reason: RevocationReason) {
  const machine = (await app.store.read(machineId, 'machine'))?.document;
  const input: RevokeCertificateInput = {
    machineId,
    resourceId,
    machineName: machine?.machineName ?? '',
    custody: 'vault',
    reason,
    requestedBy: administrator,
  };
  return app.run('revoke', input);
}

describe('a revocation', () => {
  it('replaces first and revokes when the new one is served, so that nobody is cut off (acmebot defect 8)', async () => {
    const before = await record();
    const order: string[] = [];
    app.faults.before('authority.revoke', async () => {
      order.push(`revoked while ${(await record())?.state}`);
    });
    const operation = await revoke('superseded');
    expect(operation).toMatchObject({ kind: 'revoke', status: 'succeeded' });
    expect(order).toEqual(['revoked while served']);
    expect(app.authority.revoked).toEqual([
      { serialNumber: before?.leaf?.serialNumber, reason: 'superseded' },
    ]);
    const after = await record();
    expect(after?.leaf?.thumbprint).not.toBe(before?.leaf?.thumbprint);
    expect(after).not.toHaveProperty('replacement');
    expect(after).not.toHaveProperty('previous');
  });

  it('of a compromised key waits for nothing', async () => {
    const before = await record();
    app.faults.before('authority.createOrder', async () => {
      expect(app.authority.revoked).toEqual([
        { serialNumber: before?.leaf?.serialNumber, reason: 'keyCompromise' },
      ]);
    });
    expect((await revoke('keyCompromise')).status).toBe('succeeded');
    expect(app.authority.revoked).toHaveLength(1);
    expect((await record())?.state).toBe('served');
  });

  it('of a compromised key does not wait for an authority that is away: it is told at the end', async () => {
    const before = await record();
    const away = new AppError('certificate_authority_unavailable', 'no answer');
    app.faults.fail('authority.revoke', away, 6);
    expect((await revoke('keyCompromise')).status).toBe('succeeded');
    expect(app.authority.revoked).toEqual([
      { serialNumber: before?.leaf?.serialNumber, reason: 'keyCompromise' },
    ]);
    expect(await record()).toMatchObject({ state: 'served' });
    expect(await record()).not.toHaveProperty('replacement');
  });

  it('that the authority refuses leaves the replacement in service, and says so', async () => {
    app.faults.fail(
      'authority.revoke',
      new AppError('certificate_revocation_refused', 'not your certificate'),
    );
    const operation = await revoke('superseded');
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'certificate_revocation_refused' } });
    expect((await record())?.leaf?.servedAt).toBeDefined();
  });

  it('goes on by itself in the sweep when there was no turn for the replacement', async () => {
    const limited = new AppError('certificate_rate_limited', 'too many', { retryAfterMs: 3_600_000 });
    app.faults.fail('authority.createOrder', limited, 1);
    expect((await revoke('superseded')).status).toBe('postponed');
    expect(app.authority.revoked).toEqual([]);
    app.clock.advance(2 * 3_600_000);
    const quiet = { info() {}, warn() {} };
    await renewDue(app.ports, app.client, quiet);
    await app.host.waitForCompletion(`renewals-${app.ports.now().toISOString().slice(0, 16)}`);
    expect(app.authority.revoked).toHaveLength(1);
    expect((await record())?.state).toBe('served');
  });

  it('leaves a record of each step with who asked for it', async () => {
    await revoke('cessationOfOperation');
    const audits = (await app.store.list(machineId, 'audit', 50)).toReversed();
    const trail = audits
      .filter(({ action }) => action.startsWith('certificate '))
      .map(({ action }) => action);
    // Nothing takes time here, so that the steps have one moment; of each there is one more than by the install.
    for (const step of ['ordered', 'issued', 'served'])
      expect(trail.filter((action) => action === `certificate ${step}`)).toHaveLength(2);
    for (const step of ['replacement-requested', 'revoked'])
      expect(trail.filter((action) => action === `certificate ${step}`)).toHaveLength(1);
    const asked = audits.find(({ action }) => action === 'certificate replacement-requested');
    expect(asked).toMatchObject({ actor: administrator, detail: 'cessationOfOperation' });
  });
});

describe('a fleet-wide replacement', () => {
  const id = 'drill-1';
  async function start(changes: Partial<DrillDocument> = {}): Promise<void> {
    const at = app.ports.now().toISOString();
    const drill: DrillDocument = {
      type: 'drill',
      machineId: fleetPartition,
      key: id,
      id,
      reason: 'unspecified',
      revoke: false,
      status: 'running',
      requestedBy: administrator,
      createdAt: at,
      updatedAt: at,
      total: 1,
      replaced: 0,
      skipped: 0,
      ...changes,
    };
    await app.store.commit(fleetPartition, [
      { create: drill },
      { create: { type: 'fleet-lock', machineId: fleetPartition, drillId: id } },
    ]);
    await app.host.start(orchestratorNames.replaceFleet, {
      instanceId: id,
      input: { id, machineIds: [machineId] },
    });
  }
  const drill = async () => (await app.store.read(fleetPartition, 'drill', id))?.document;
  /** As the renewal timer does each minute. */
  function sweepAtEachLook(): void {
    let looks = 0;
    app.faults.before('store.listCertificates', async () => {
      if ((looks += 1) !== 2) return;
      await renewDue(app.ports, app.client, { info() {}, warn() {} });
    });
  }

  it('makes everything due, watches and ends when all of it is replaced', async () => {
    app.clock.advance(1_000);
    const before = await record();
    sweepAtEachLook();
    await start();
    await app.host.waitForCompletion(id);
    expect(await drill()).toMatchObject({
      status: 'succeeded',
      total: 1,
      replaced: 1,
      endedAt: expect.any(String),
    });
    expect((await record())?.leaf?.thumbprint).not.toBe(before?.leaf?.thumbprint);
    expect(app.authority.revoked).toEqual([]);
    expect(await app.store.read(fleetPartition, 'fleet-lock')).toBeUndefined();
  });

  it('in earnest revokes each old leaf when its replacement is served', async () => {
    app.clock.advance(1_000);
    const before = await record();
    sweepAtEachLook();
    await start({ revoke: true, reason: 'keyCompromise' });
    await app.host.waitForCompletion(id);
    expect(app.authority.revoked).toEqual([
      { serialNumber: before?.leaf?.serialNumber, reason: 'keyCompromise' },
    ]);
  });

  it('that is called off gives back the due moments of what is not yet ordered', async () => {
    app.clock.advance(1_000);
    const before = await record();
    await start();
    await app.host.raiseEvent(id, cancelRequestedEvent, {});
    await app.host.waitForCompletion(id);
    expect(await drill()).toMatchObject({ status: 'cancelled' });
    expect(await record()).toMatchObject({ state: 'served', dueAt: before?.dueAt });
    expect(await record()).not.toHaveProperty('replacement');
  });

  it('does not mark twice what a crash had marked', async () => {
    app.clock.advance(1_000);
    sweepAtEachLook();
    const crashed = app.host.crashAfter('markForReplacement', 1);
    await start();
    await crashed;
    app.clock.advance(5_000);
    await app.host.reopen();
    await app.host.waitForCompletion(id);
    const audits = await app.store.list(machineId, 'audit', 50);
    expect(audits.filter(({ action }) => action === 'certificate replacement-requested')).toHaveLength(1);
  });
});

describe('a certificate that was withdrawn', () => {
  it('is not brought back by a late event', async () => {
    await moveCertificate(app.ports, machineId, { type: 'withdraw' });
    await expect(moveCertificate(app.ports, machineId, { type: 'expire' })).rejects.toThrow('cannot expire');
    expect((await record())?.state).toBe('withdrawn');
  });
});
