import { createHash } from 'node:crypto';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import {
  type AnyDocument,
  fleetPartition,
  type LeaseDocument,
  type MachineDocument,
  type SessionDocument,
} from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { newOperation } from '#shared/domain/operation.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { encodeChain, leafOf } from '../memory-certificate-chain.ts';
import type { MemoryPorts } from '../memory-ports.ts';
import { machine as sampleMachine } from '../sample-machine.ts';

/** One subscription with a machine and one of everything that there can be of it. */
export interface Estate {
  subscriptionId: string;
  tenantId: string;
  resourceId: string;
  machineId: string;
  machineName: string;
  sessionId: string;
  operationId: string;
  drillId: string;
  fleetInstallId: string;
  leaseId: string;
  enrolmentToken: string;
  /** Words that stand in nothing but this estate's objects. */
  marks: string[];
}

/** `letter` is in every id, so that no two estates share one. */
export function estateOf(letter: 'a' | 'b', tenantId: string, subscriptionId: string): Estate {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
  const resourceId = `${group}/providers/Microsoft.HybridCompute/machines/estate-${letter}`;
  const machineId = machineIdOf(resourceId);
  const idOf = (start: string) => `${start}${letter}`.padEnd(16, letter);
  const ids = {
    machineName: letter.repeat(26),
    sessionId: idOf('sess'),
    drillId: idOf('dri'),
    fleetInstallId: idOf('fle'),
    leaseId: idOf('leas'),
    operationId: `${machineId}.${idOf('ope')}`,
  };
  const marks = [machineId, `estate-${letter}`, `person-${letter}`, subscriptionId, ...Object.values(ids)];
  const enrolmentToken = `enrolment-token-of-estate-${letter}`;
  return { subscriptionId, tenantId, resourceId, machineId, enrolmentToken, marks, ...ids };
}

const hourMs = 3_600_000;
export const leaseWishes = { purpose: 'the work that was agreed', minutes: 60 };

function leafOfEstate(ports: MemoryPorts, { machineName }: Estate): { leaf: IssuedLeaf; chain: string } {
  const at = ports.ports.now().getTime();
  const isoAt = (offsetMs: number) => new Date(at + offsetMs).toISOString();
  const hostNames = [`${machineName}.wac.test`, `*.${machineName}.wac.test`];
  const validity = { notBefore: isoAt(-24 * hourMs), notAfter: isoAt(60 * 24 * hourMs) };
  const chain = encodeChain({ serialNumber: '01', hostNames, request: 'request', ...validity });
  const issuedBy = {
    name: 'authority-test',
    authority: 'https://authority-test.test/directory',
    account: 'x',
  };
  const times = { issuedAt: isoAt(-hourMs), deliveredAt: isoAt(-hourMs), servedAt: isoAt(-hourMs) };
  const facts = { machineName, hostNames, custody: 'machine', version: '', issuedBy, ...times } as const;
  return { leaf: { ...leafOf(chain), ...facts }, chain };
}

/** Puts the estate on record, and into the cloud, with `owner` as whose session, lease and requests they are. */
export async function addEstate(
  ports: MemoryPorts,
  estate: Estate,
  owner: { id: string; name: string },
  agentKey: string,
): Promise<void> {
  const { store } = ports;
  const { machineId, resourceId, machineName, subscriptionId, fleetInstallId, leaseId, sessionId } = estate;
  const now = ports.ports.now();
  const at = now.toISOString();
  const seconds = Math.floor(now.getTime() / 1000);
  const { facts } = sampleMachine;
  if (facts) ports.resources.machines.set(resourceId.toLowerCase(), facts);
  ports.resources.registered.add(`${subscriptionId} Microsoft.HybridConnectivity`);
  ports.directory.listed.push({ resourceId, tags: { estate: 'yes' } });
  ports.connectivity.endpoints.set(resourceId, { WAC: 6516, SSH: 22 });
  ports.relay.connections.add(machineName);
  ports.extension.states.set(resourceId, {
    state: 'succeeded',
    detail: 'it runs',
    port: 6516,
    version: '1.0.0',
  });
  const { leaf, chain } = leafOfEstate(ports, estate);
  const { version } = await ports.vault.keepChain(certificateName(machineName), chain, {});
  ports.probe.answer.thumbprint = leaf.thumbprint;

  const person = { id: owner.id, name: owner.name };
  const machine: MachineDocument = {
    ...sampleMachine,
    machineId,
    resourceId,
    subscriptionId,
    displayName: resourceId.split('/').at(-1) ?? '',
    machineName,
    salt: 'salt',
    nameKeyVersion: '1',
    custody: 'machine',
    goneSince: at,
    extension: {
      state: 'installed',
      port: 6516,
      installedAt: new Date(now.getTime() - hourMs).toISOString(),
    },
    endpoint: { enabled: true, services: { WAC: 6516, SSH: 22 } },
  };
  const session: SessionDocument = {
    type: 'session',
    key: sessionId,
    id: sessionId,
    machineId,
    service: 'WAC',
    user: person,
    on: { resourceId, subscriptionId, kind: 'arc' },
    state: 'open',
    createdAt: seconds - 60,
    expiresAt: seconds + 3600,
    openedAt: at,
    seenThumbprint: leaf.thumbprint,
    ttlSeconds: 90_000,
  };
  const operation = newOperation(estate.operationId, machineId, 'renew', person, at);
  const lease: LeaseDocument = {
    type: 'lease',
    key: leaseId,
    id: leaseId,
    machineId,
    service: 'WAC',
    requester: person,
    ...leaseWishes,
    state: 'requested',
    requestedAt: at,
    answerBy: new Date(now.getTime() + 24 * hourMs).toISOString(),
    extensions: [],
  };
  const ofMachine: AnyDocument[] = [
    machine,
    session,
    { ...operation, type: 'operation', key: operation.id, input: {}, resumesAt: at },
    {
      type: 'certificate',
      machineId,
      state: 'served',
      custody: 'machine',
      leaf: { ...leaf, version },
      wantedRequest: 'issue-1',
      dueAt: leaf.notAfter,
    },
    {
      type: 'agent',
      machineId,
      signingKey: agentKey,
      encryptionKey: agentKey,
      enrolledAt: at,
      reportSequence: 1,
      checks: [],
      connected: true,
      servingThumbprint: leaf.thumbprint,
    },
    {
      type: 'enrolment',
      machineId,
      tokenHash: createHash('sha256').update(estate.enrolmentToken).digest('base64url'),
    },
    lease,
    { type: 'lease-claim', machineId, key: `WAC-${person.id}`, leaseId },
  ];
  await store.commit(
    machineId,
    ofMachine.map((document) => ({ put: document })),
  );
  await addFleet(ports, estate, person);
  await addLeaseEntries(ports, estate, person.id);
  await store.commit(fleetInstallId, [
    {
      put: {
        type: 'fleet-machine',
        machineId: fleetInstallId,
        key: machineId,
        resourceId,
        kind: 'arc',
        name: machine.displayName,
        place: 0,
        status: 'waiting',
      },
    },
  ]);
}

async function addFleet(ports: MemoryPorts, estate: Estate, person: { id: string; name: string }) {
  const { fleetInstallId, drillId, tenantId } = estate;
  const createdAt = ports.ports.now().toISOString();
  const common = { requestedBy: person, createdAt, total: 1 } as const;
  await ports.store.commit(fleetInstallId, [
    {
      put: {
        ...common,
        type: 'fleet-install',
        machineId: fleetInstallId,
        id: fleetInstallId,
        status: 'running',
        tenantId,
        wishes: {},
        concurrency: 4,
        runId: `fleet-${fleetInstallId}`,
      },
    },
  ]);
  await ports.store.commit(fleetPartition, [
    {
      put: {
        type: 'fleet-install-entry',
        machineId: fleetPartition,
        key: `${createdAt}-${fleetInstallId}`,
        fleetInstallId,
        requestedById: person.id,
      },
    },
    {
      put: {
        ...common,
        type: 'drill',
        machineId: fleetPartition,
        key: drillId,
        id: drillId,
        tenantId,
        reason: 'superseded',
        revoke: false,
        status: 'running',
        updatedAt: createdAt,
        replaced: 0,
        skipped: 0,
      },
    },
  ]);
}

async function addLeaseEntries(ports: MemoryPorts, { machineId, leaseId }: Estate, requesterId: string) {
  for (const partition of ['leases', `leases-${requesterId}`]) {
    await ports.store.commit(partition, [
      {
        put: {
          type: 'lease-entry',
          machineId: partition,
          key: leaseId,
          leaseMachineId: machineId,
          requesterId,
        },
      },
    ]);
  }
}

/** The lease was approved and is in force. */
export async function startLease({ store, ports }: MemoryPorts, estate: Estate): Promise<void> {
  const found = await store.read(estate.machineId, 'lease', estate.leaseId);
  if (!found) throw new Error('there is no lease');
  const startsAt = ports.now().toISOString();
  const endsAt = new Date(ports.now().getTime() + hourMs).toISOString();
  const decision = { approved: true, by: { id: 'somebody', name: 'somebody' }, at: startsAt };
  const started = { ...found.document, state: 'active' as const, startsAt, endsAt, decision };
  await store.commit(estate.machineId, [{ replace: started, etag: found.etag }]);
}
