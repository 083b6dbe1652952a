import { afterEach, beforeEach, expect, it } from 'vitest';
import { noteServed } from '#functions/messages/agent-reports.ts';
import { renewDue } from '#functions/timers/renew-certificates.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import type { RevokeCertificateInput } from '#orchestrations/revoke-certificate/orchestrator.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import { dueAt } from '#shared/domain/renewal.ts';
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
let isOn: boolean;

beforeEach(async () => {
  app = await openDurableApp();
  isOn = true;
  app.faults.before('extension.read', async () => {
    if (isOn) await reportAllServing(app);
  });
  await app.run('install', install);
});
afterEach(() => app.close());

const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
const ownDueAt = (leaf: IssuedLeaf | undefined) => leaf && dueAt(leaf, undefined, 0.5);

async function revoke() {
  const machine = (await app.store.read(machineId, 'machine'))?.document;
  const input: RevokeCertificateInput = {
    machineId,
    resourceId,
    machineName: machine?.machineName ?? '',
    custody: 'vault',
    reason: 'superseded',
    requestedBy: administrator,
  };
  return app.run('revoke', input);
}

it('revokes the old certificate of a machine that took the new one up after the flow gave up, and orders nothing', async () => {
  const before = await record();
  isOn = false;
  expect(await revoke()).toMatchObject({ error: { code: 'agent_not_serving' } });
  expect(app.authority.revoked).toEqual([]);

  isOn = true;
  await reportAllServing(app);
  await noteServed(app.ports, machineId, (await record())?.leaf?.thumbprint);
  await renewDue(app.ports, app.client, { info() {}, warn() {} });
  await app.host.waitForCompletion(`renewals-${app.ports.now().toISOString().slice(0, 16)}`);

  expect(app.authority.revoked).toEqual([{ serialNumber: before?.leaf?.serialNumber, reason: 'superseded' }]);
  expect(app.authority.issued).toHaveLength(2);
  const after = await record();
  expect(after).toMatchObject({ state: 'served' });
  expect(after).not.toHaveProperty('replacement');
  expect(after?.dueAt).toBe(ownDueAt(after?.leaf));
});

it('asks no more for a revocation that the authority refuses: the certificate that replaced it stays as it is', async () => {
  const refused = new AppError('certificate_revocation_refused', 'not your certificate');
  app.faults.fail('authority.revoke', refused);
  expect(await revoke()).toMatchObject({
    status: 'failed',
    error: { code: 'certificate_revocation_refused' },
  });
  const after = await record();
  expect(after).not.toHaveProperty('replacement');
  expect(after).not.toHaveProperty('previous');
  expect(after?.dueAt).toBe(ownDueAt(after?.leaf));
  const audits = await app.store.list(machineId, 'audit', 20);
  expect(audits.map(({ action }) => action)).toContain('certificate replacement-called-off');
});
