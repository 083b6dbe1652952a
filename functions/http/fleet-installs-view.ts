import type { z } from 'zod';
import { toCsv } from '#shared/domain/csv.ts';
import type { FleetInstallDocument, FleetMachineDocument } from '#shared/domain/documents.ts';
import { countMachines, estimateEnd, fleetPercent } from '#shared/domain/fleet-install.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import { percentOf } from '#shared/domain/operation.ts';
import type { fleetInstallReply, fleetMachinesReply } from '#shared/protocol/fleet-api.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { rolesOver } from './fleet-installs-selection.ts';
import { maySee } from './machine-access.ts';

type FleetInstallReply = z.input<typeof fleetInstallReply>;
type FleetMachineReply = z.input<typeof fleetMachinesReply>['value'][number];

/** As many as one request may name. */
const most = 2_000;

export const readMachines = async (ports: AppPorts, fleetId: string): Promise<FleetMachineDocument[]> =>
  (await ports.store.list(fleetId, 'fleet-machine', most)).toSorted((one, other) => one.place - other.place);

export async function viewFleetInstall(
  ports: AppPorts,
  fleet: FleetInstallDocument,
): Promise<FleetInstallReply> {
  const counts = fleet.counts ?? countMachines(await readMachines(ports, fleet.id));
  const { id, status, requestedBy, createdAt, endedAt = null, concurrency, total } = fleet;
  return {
    id,
    status,
    requestedBy: requestedBy.name,
    createdAt,
    endedAt,
    concurrency,
    total,
    counts,
    percent: fleetPercent(total, counts),
    estimatedEnd: estimateEnd(fleet, counts, ports.now().getTime()) ?? null,
  };
}

async function percentOfMachine(ports: AppPorts, machine: FleetMachineDocument): Promise<number> {
  if (machine.status === 'waiting') return 0;
  if (machine.status !== 'running' || machine.operationId === undefined) return 100;
  const operation = await ports.store.read(machine.key, 'operation', machine.operationId);
  return operation ? percentOf(operation.document) : 0;
}

async function viewMachine(ports: AppPorts, machine: FleetMachineDocument): Promise<FleetMachineReply> {
  return {
    resourceId: machine.resourceId,
    name: machine.name,
    machineId: machine.isUnknown ? null : machine.key,
    status: machine.status,
    operationId: machine.operationId ?? null,
    percent: await percentOfMachine(ports, machine),
    startedAt: machine.startedAt ?? null,
    endedAt: machine.endedAt ?? null,
    code: machine.code ?? null,
    detail: machine.detail ?? null,
    remedy: machine.remedy ?? null,
  };
}

/** Those that the caller may see; what somebody named who may not see it is shown to him alone. */
export async function viewFleetMachines(
  ports: AppPorts,
  caller: Caller,
  fleet: FleetInstallDocument,
  status?: FleetMachineReply['status'],
): Promise<FleetMachineReply[]> {
  const machines = (await readMachines(ports, fleet.id)).filter(
    (machine) => status === undefined || machine.status === status,
  );
  const targets = new Map(machines.map(({ key, resourceId }) => [key, parseMachineResource(resourceId)]));
  const roles = await rolesOver(ports, caller, [...targets.values()]);
  const visible = machines.filter(({ isUnknown, key }) => {
    if (isUnknown) return fleet.requestedBy.id === caller.id;
    const target = targets.get(key);
    return target !== undefined && maySee(roles(target), target.kind);
  });
  return Promise.all(visible.map((machine) => viewMachine(ports, machine)));
}

const columns = [
  'name',
  'status',
  'code',
  'detail',
  'remedy',
  'startedAt',
  'endedAt',
  'percent',
  'machineId',
  'operationId',
  'resourceId',
] as const satisfies (keyof FleetMachineReply)[];

export const renderCsv = (machines: readonly FleetMachineReply[]): string =>
  toCsv([columns, ...machines.map((machine) => columns.map((column) => machine[column]))]);
