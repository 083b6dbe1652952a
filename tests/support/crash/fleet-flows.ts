import { expect } from 'vitest';
import { renewDue } from '#functions/timers/renew-certificates.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import { orchestratorNames, sweepInstanceId } from '#orchestrations/names.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import type { DurableApp } from '../durable-app.ts';
import { addInstalled, fleetMember } from '../fleet.ts';
import { administrator } from '../sample-machine.ts';
import { dayMs, issue, liveAgents, machineOf, recordOf, runIssue } from './stage.ts';
import type { CrashFlow } from './suite.ts';

const machines = 2;
const drillId = 'drill-1';
const quiet = { info() {}, warn() {} };

/** Installed machines that serve their first certificates since `days`. */
async function fleet(app: DurableApp, days: number): Promise<void> {
  liveAgents(app);
  for (let index = 0; index < machines; index += 1) {
    const machineId = await addInstalled(app, index);
    app.extension.states.set(fleetMember(index).resourceId, { state: 'succeeded' });
    const machineName = (await machineOf(app, machineId))?.machineName ?? '';
    await runIssue(app, { ...issue, machineId, machineName });
    const thumbprint = (await recordOf(app, machineId))?.leaf?.thumbprint ?? '';
    await moveCertificate(app.ports, machineId, { type: 'serve', thumbprint });
  }
  app.clock.advance(days * dayMs);
}

/** As the renewal timer does; answers the sweep. */
async function sweep(app: DurableApp): Promise<string> {
  const id = sweepInstanceId(app.ports.now().toISOString().slice(0, 16));
  await renewDue(app.ports, app.client, quiet);
  return id;
}

/** Each has one more, both are served, and nothing runs. */
async function expectReplaced(app: DurableApp): Promise<void> {
  await app.host.settled();
  expect(app.authority.issued).toHaveLength(2 * machines);
  const certificates = await app.store.listCertificates();
  expect(certificates.map(({ state }) => state)).toEqual(Array.from({ length: machines }, () => 'served'));
  expect(new Set(certificates.map(({ leaf }) => leaf?.version))).toEqual(new Set(['3', '4']));
  expect((await app.store.listMachines()).filter(({ currentOperation }) => currentOperation)).toEqual([]);
}

export const renewals: CrashFlow = {
  title: 'a sweep that renews two certificates',
  least: 28,
  prepare: (app) => fleet(app, 61),
  begin: sweep,
  expectDone: expectReplaced,
};

async function startDrill(app: DurableApp): Promise<string> {
  const at = app.ports.now().toISOString();
  const drill: DrillDocument = {
    type: 'drill',
    machineId: fleetPartition,
    key: drillId,
    id: drillId,
    reason: 'keyCompromise',
    revoke: true,
    status: 'running',
    requestedBy: administrator,
    createdAt: at,
    updatedAt: at,
    total: machines,
    replaced: 0,
    skipped: 0,
  };
  await app.store.commit(fleetPartition, [
    { create: drill },
    { create: { type: 'fleet-lock', machineId: fleetPartition, drillId } },
  ]);
  const machineIds = Array.from({ length: machines }, (_, index) => fleetMember(index).machineId);
  return app.host.start(orchestratorNames.replaceFleet, {
    instanceId: drillId,
    input: { id: drillId, machineIds },
  });
}

const drill: CrashFlow = {
  title: 'a replacement of the whole fleet, with revocations',
  least: 32,
  async prepare(app) {
    await fleet(app, 1);
    let looks = 0;
    app.faults.before('store.listCertificates', async () => {
      looks += 1;
      if (looks === 2) await sweep(app);
    });
  },
  begin: startDrill,
  async expectDone(app) {
    await expectReplaced(app);
    const found = await app.store.read(fleetPartition, 'drill', drillId);
    expect(found?.document).toMatchObject({ status: 'succeeded', total: machines, replaced: machines });
    expect(app.authority.revoked.map(({ serialNumber }) => serialNumber).toSorted()).toEqual([
      'authority-test-01',
      'authority-test-02',
    ]);
  },
};

export const fleetFlows = [renewals, drill];
