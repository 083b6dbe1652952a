import * as sample from '#local/samples/sample-data.ts';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { hostCheckIds } from '#shared/domain/host-check.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';

const day = 24 * 60 * 60_000;
const at = (ms: number) => new Date(Date.now() + ms).toISOString();
const hex = (seed: number) => seed.toString(16).padStart(64, '9f86d081');

export const bytesOf = (document: object): number => Buffer.byteLength(JSON.stringify(document));

/** The documents of one machine of a large fleet, as long as they are in earnest: one in twenty is away. */
export function recordsOf(index: number): [MachineDocument, CertificateDocument, AgentDocument] {
  const name = `server-${String(index).padStart(5, '0')}`;
  const resourceId = `${sample.resourceGroupId}/providers/Microsoft.HybridCompute/machines/${name}`;
  const machineId = machineIdOf(resourceId);
  const machineName = machineId.toLowerCase();
  const issuedBy = {
    name: 'local',
    authority: 'https://acme.localhost/directory',
    account: 'https://acme.localhost/accounts/1',
  };
  const machine: MachineDocument = {
    type: 'machine',
    machineId,
    resourceId,
    kind: 'arc',
    displayName: name,
    subscriptionId: sample.subscriptionId,
    facts: {
      location: 'westeurope',
      cloud: 'AzureCloud',
      osType: 'windows',
      osName: 'Windows Server 2022 Datacenter',
      osVersion: '10.0.20348.2113',
      memoryBytes: 16 * 2 ** 30,
      agentVersion: '1.60.02000.2',
      status: 'Connected',
    },
    salt: hex(index).slice(0, 26),
    nameKeyVersion: hex(index).slice(0, 32),
    machineName,
    extension: { state: 'installed', port: 6516, installedAt: at(-20 * day) },
    endpoint: { enabled: true, services: { WAC: 6516 } },
  };
  const certificate: CertificateDocument = {
    type: 'certificate',
    machineId,
    state: 'served',
    custody: 'vault',
    leaf: {
      thumbprint: hex(index),
      serialNumber: hex(index).slice(0, 36).toUpperCase(),
      notBefore: at(-20 * day),
      notAfter: at(70 * day),
      machineName,
      hostNames: [`${machineName}.${sample.zone}`, `*.${machineName}.${sample.zone}`],
      custody: 'vault',
      version: hex(index).slice(0, 32),
      issuedBy,
      renewalId: `${hex(index).slice(0, 27)}.${hex(index).slice(0, 22)}`,
      issuedAt: at(-20 * day),
      deliveredAt: at(-20 * day),
      servedAt: at(-20 * day),
    },
    dueAt: at(40 * day),
    checkAt: at(day),
    window: { start: at(39 * day), end: at(41 * day) },
    point: 0.5,
  };
  const key = JSON.stringify({
    kty: 'EC',
    crv: 'P-256',
    x: hex(index).slice(0, 43),
    y: hex(index).slice(0, 43),
  });
  const agent: AgentDocument = {
    type: 'agent',
    machineId,
    signingKey: key,
    encryptionKey: key,
    enrolledAt: at(-20 * day),
    agentVersion: '0.1.0',
    reportSequence: Date.now(),
    // Far enough ahead that the whole measurement sees the same machines away.
    lastSeenAt: index % 20 === 0 ? at(-day) : at(60 * 60_000),
    connected: true,
    servingThumbprint: hex(index),
    blockedServices: [],
    egress: { checkedAt: at(-60_000), unreachable: [] },
    checks: hostCheckIds.map((id) => ({
      id,
      ok: true,
      found: `the check of ${id} found what is expected there`,
    })),
  };
  return [machine, certificate, agent];
}
