import type { OperationReply } from '#shared/protocol/api.ts';
import type { FleetInstallReply, FleetMachinesReply, FleetPlanReply } from '#shared/protocol/fleet-api.ts';
import type { AddressesReply } from '#shared/protocol/install-api.ts';
import { fromNow, machineIdOf, sampleMachine } from './portal-samples.ts';

const azureId = (name: string): string =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-sample/providers/Microsoft.Compute/virtualMachines/${name}`;

/** A virtual machine in Azure; the rest is as of any other sample. */
export const asVirtualMachine = (name: string) => ({
  name,
  kind: 'azure-vm' as const,
  resourceId: azureId(name),
});

export const sampleAddresses = (differs: Partial<AddressesReply> = {}): AddressesReply => ({
  value: [
    {
      address: '10.0.0.4',
      isPublic: false,
      isRecommended: true,
      isOpen: true,
      notes: ['Your computer has to reach the virtual network, through a VPN gateway for example.'],
    },
    {
      address: '20.50.60.70',
      isPublic: true,
      isRecommended: false,
      isOpen: false,
      notes: ['A rule for a public address shows the machine to every host on the internet that it lets in.'],
    },
  ],
  port: 6516,
  yourAddress: '203.0.113.7',
  ...differs,
});

/** A status in which one check fails, as the agent of a Windows machine reports it. */
export const troubledStatus = {
  provisioningState: 'succeeded',
  message: 'the agent is up and serves its certificate',
  version: '1.0.0.0',
  port: 6516,
  checks: [
    { id: 'service', ok: true, found: 'ServerManagementGateway is Running' },
    {
      id: 'localhost',
      ok: false,
      found: 'https://localhost:6516 does not answer: connection refused',
      next: 'end the process Sme.exe, then look again',
    },
    { id: 'process', ok: true, found: 'Sme.exe runs as process 4120' },
    { id: 'installation', ok: null, found: 'the registry could not be read' },
    {
      id: 'ports',
      ok: true,
      found: 'Local configuration setting\nincomingconnections.ports (preview): 6516',
    },
    { id: 'outbound', ok: true, found: 'all 7 hosts are reached' },
  ],
};

/** What a failed install took back and left. */
export const sampleCompensation: NonNullable<OperationReply['compensation']> = {
  undone: ['the extension AdminCenter', 'the DNS records and the relay connection of the name'],
  left: [
    { what: 'the endpoint', why: 'other experiences may use it, SSH for example' },
    { what: 'the certificate', why: 'the next install uses it and orders no other' },
  ],
};

const few = {
  code: 'memory',
  rule: 'The machine has enough memory',
  found: '2 GiB',
  needed: '3 GiB',
  remedy: 'Give the machine at least 3 GiB of memory.',
};

/** So many machines: each tenth is refused, each eleventh taken over and each twelfth passed over. */
export function sampleFleetPlan(total: number): FleetPlanReply {
  const machines = Array.from({ length: total }, (_, at): FleetPlanReply['machines'][number] => {
    const name = `server-${String(at).padStart(3, '0')}`;
    const { resourceId } = sampleMachine(0, { name });
    const base = { resourceId, name, machineId: null, reason: null, preconditions: [], certificateAt: null };
    if (at % 10 === 3) {
      const isOld = at % 20 === 3;
      return isOld
        ? { ...base, action: 'refuse', reason: 'your roles lack extensions/write on this machine' }
        : { ...base, action: 'refuse', reason: 'The machine has enough memory', preconditions: [few] };
    }
    if (at % 11 === 4) return { ...base, action: 'adopt', certificateAt: fromNow(0) };
    if (at % 12 === 5) return { ...base, action: 'skip', reason: 'it is installed already' };
    return { ...base, action: 'install', certificateAt: fromNow(Math.floor(at / 40) * 3_600_000) };
  });
  const count = (action: string) => machines.filter((machine) => machine.action === action).length;
  return {
    total,
    counts: {
      install: count('install'),
      adopt: count('adopt'),
      refuse: count('refuse'),
      skip: count('skip'),
    },
    lastCertificateAt: fromNow(Math.floor(total / 40) * 3_600_000),
    machines,
  };
}

export function sampleFleetInstall(differs: Partial<FleetInstallReply> = {}): FleetInstallReply {
  return {
    id: 'fleet234',
    status: 'running',
    requestedBy: 'Administrator',
    createdAt: fromNow(-600_000),
    endedAt: null,
    concurrency: 20,
    total: 6,
    counts: { waiting: 1, running: 1, succeeded: 1, failed: 1, refused: 1, skipped: 1 },
    percent: 58,
    estimatedEnd: fromNow(900_000),
    ...differs,
  };
}

export function sampleFleetMachines(): FleetMachinesReply['value'] {
  const machine = (
    name: string,
    status: FleetMachinesReply['value'][number]['status'],
    differs: Partial<FleetMachinesReply['value'][number]> = {},
  ): FleetMachinesReply['value'][number] => ({
    resourceId: sampleMachine(0, { name }).resourceId,
    name,
    machineId: machineIdOf(0),
    status,
    operationId: null,
    percent: 0,
    startedAt: null,
    endedAt: null,
    code: null,
    detail: null,
    remedy: null,
    ...differs,
  });
  return [
    machine('web-01', 'succeeded', {
      percent: 100,
      startedAt: fromNow(-500_000),
      endedAt: fromNow(-400_000),
      operationId: `${machineIdOf(0)}.aaaa2222`,
    }),
    machine('db-02', 'failed', {
      percent: 83,
      code: 'agent_not_serving',
      detail: 'no report of a served certificate came within 10 minutes',
      remedy: 'Check that the agent runs and may reach the service on port 443.',
      operationId: `${machineIdOf(1)}.q2w3e4r5`,
    }),
    machine('files-03', 'refused', {
      code: 'precondition_unmet',
      detail: 'The machine has enough memory: found 2 GiB, needed 3 GiB',
      remedy: 'Give the machine at least 3 GiB of memory.',
    }),
    machine('mail-04', 'running', {
      percent: 50,
      startedAt: fromNow(-60_000),
      operationId: `${machineIdOf(3)}.q2w3e4r5`,
    }),
    machine('print-05', 'waiting'),
    machine('old-06', 'skipped', { detail: 'it is installed already' }),
  ];
}
