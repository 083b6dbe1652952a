import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { type MachineStoreSubject, openCosmos, openMemory } from '../support/machine-store-subjects.ts';

const machineId = 'surveyed';

const machine = (changes: Partial<MachineDocument> = {}): MachineDocument => ({
  type: 'machine',
  machineId,
  resourceId: `/subscriptions/s/machines/${machineId}`,
  kind: 'arc',
  displayName: 'web-01',
  subscriptionId: 's',
  ...changes,
});
const leaf: NonNullable<CertificateDocument['leaf']> = {
  thumbprint: 'ab',
  serialNumber: '01',
  notBefore: '2026-10-01T00:00:00.000Z',
  notAfter: '2026-12-30T00:00:00.000Z',
  machineName: 'n',
  hostNames: ['n.wac.test', '*.n.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'a', authority: 'https://a.test', account: 'b' },
  issuedAt: '2026-10-01T00:00:00.000Z',
};
const certificate: CertificateDocument = {
  type: 'certificate',
  machineId,
  state: 'served',
  custody: 'vault',
  leaf,
  previous: { ...leaf, servedAt: '2026-10-01T00:00:00.000Z' },
};
const surveyedAgent = (id: string): AgentDocument => ({
  type: 'agent',
  machineId: id,
  signingKey: '{}',
  encryptionKey: '{}',
  enrolledAt: '2026-10-01T00:00:00.000Z',
  reportSequence: 7,
  agentVersion: '1.0.0',
  clockOffsetMs: 1000,
  connected: false,
  lastSeenAt: '2026-10-01T00:00:00.000Z',
  egress: {
    checkedAt: '2026-10-01T00:00:00.000Z',
    unreachable: ['a:443', 'b:443'].map((host) => ({ host, reason: 'no answer' })),
  },
  checks: [
    { id: 'service', ok: true, found: 'it runs' },
    { id: 'ports', ok: false, found: 'taken' },
    { id: 'outbound', ok: null, found: 'not tried' },
  ],
});

describe.each([
  { name: 'in memory', open: openMemory },
  { name: 'on Cosmos', open: openCosmos },
])('the survey of the machines $name', ({ open }) => {
  let subject: MachineStoreSubject;
  let store: MachineStore;

  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(() => subject.close());

  it('has of every machine what a list shows of it', async () => {
    const manual = { foundAt: '2026-10-01T00:00:00.000Z', found: 'one by hand' };
    const operation = { id: 'o1', kind: 'install' as const };
    const facts = { location: 'westeurope', osName: 'Debian 13' };
    const agent = surveyedAgent(machineId);
    const whole = machine({
      facts: {
        ...facts,
        cloud: 'AzureCloud',
        osType: 'linux',
        osVersion: '13',
        memoryBytes: 1,
        agentVersion: '1.48',
        status: 'Connected',
      },
      extension: { state: 'installed', port: 6516, installedAt: '2026-10-01T00:00:00.000Z' },
      before: { endpoint: true, extension: { port: 6517 } },
      currentOperation: operation,
      goneSince: '2026-10-02T00:00:00.000Z',
      manualInstallation: manual,
    });
    await store.commit(machineId, [
      { create: whole },
      { create: certificate },
      { create: agent },
      { create: { type: 'enrolment', machineId, tokenHash: 'hash' } },
    ]);
    const bareId = `${machineId}-bare`;
    const { egress: _, checks: __, ...silent } = surveyedAgent(bareId);
    await store.commit(bareId, [{ create: { ...machine(), machineId: bareId } }, { create: silent }]);
    const orphanId = `${machineId}-orphan`;
    await store.commit(orphanId, [{ create: { ...certificate, machineId: orphanId } }]);

    const survey = await store.surveyMachines();
    const surveyed = (id: string) => survey.filter(({ machine: one }) => one.machineId === id);
    const { notBefore, notAfter } = leaf;
    const names = { kind: 'arc', displayName: 'web-01', subscriptionId: 's' };
    expect(surveyed(machineId)).toEqual([
      {
        machine: {
          ...names,
          machineId,
          resourceId: whole.resourceId,
          facts,
          extension: { state: 'installed', port: 6516 },
          before: { extension: { port: 6517 } },
          currentOperation: operation,
          goneSince: '2026-10-02T00:00:00.000Z',
          manualInstallation: manual,
        },
        certificate: {
          state: 'served',
          leaf: { notBefore, notAfter },
          previous: { notBefore, notAfter, servedAt: '2026-10-01T00:00:00.000Z' },
        },
        agent: {
          agentVersion: '1.0.0',
          clockOffsetMs: 1000,
          connected: false,
          lastSeenAt: '2026-10-01T00:00:00.000Z',
          egress: { unreachable: [{ host: 'a:443' }, { host: 'b:443' }] },
          checks: [{ id: 'ports', ok: false }],
        },
      },
    ]);
    expect(surveyed(bareId)).toEqual([
      {
        machine: { ...names, machineId: bareId, resourceId: machine().resourceId },
        agent: {
          agentVersion: '1.0.0',
          clockOffsetMs: 1000,
          connected: false,
          lastSeenAt: '2026-10-01T00:00:00.000Z',
          egress: { unreachable: [] },
          checks: [],
        },
      },
    ]);
    expect(surveyed(orphanId)).toEqual([]);
  });

  it('has more machines than one page holds, each once', async () => {
    const ids = Array.from({ length: 1100 }, (_, index) => `many-${index}`);
    for (const id of ids) await store.commit(id, [{ create: { ...machine(), machineId: id } }]);
    const survey = await store.surveyMachines();
    const mine = survey.map(({ machine: one }) => one.machineId).filter((id) => id.startsWith('many-'));
    expect(mine.toSorted()).toEqual(ids.toSorted());
  });
});
