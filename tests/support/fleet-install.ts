import { beginFleetInstall } from '#functions/http/fleet-installs-begin.ts';
import { selectMachines } from '#functions/http/fleet-installs-selection.ts';
import { type FleetInstallRequest, fleetInstallRequest } from '#shared/protocol/fleet-api.ts';
import type { DurableApp } from './durable-app.ts';
import { fleetMember, reportAllServing } from './fleet.ts';
import { type MemoryPorts, subscriptionId, tenantId } from './memory-ports.ts';
import { administrator, grant, machine } from './sample-machine.ts';

const installer = [
  'Microsoft.HybridCompute/machines/read',
  'Microsoft.HybridCompute/machines/extensions/write',
  'Microsoft.HybridConnectivity/endpoints/write',
];
export const caller = { ...administrator, tenantId, isApplication: false };

/** Whoever has this id may install on every machine of the subscription, or below a scope. */
export function allowInstalls(
  ports: MemoryPorts,
  id = caller.id,
  scope = `/subscriptions/${subscriptionId}`,
): void {
  ports.roles.held.set(id, { grants: [grant('Contributor', { actions: installer }, scope)], denials: [] });
}

/** Machines that Azure Resource Manager has and nobody has made known; answers their resource ids. */
export function addToCloud(ports: MemoryPorts, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const { resourceId } = fleetMember(index);
    if (machine.facts) ports.resources.machines.set(resourceId.toLowerCase(), machine.facts);
    return resourceId;
  });
}

export const request = (
  resourceIds: string[],
  more: Partial<Omit<FleetInstallRequest, 'select'>> = {},
): FleetInstallRequest => fleetInstallRequest.parse({ select: { resourceIds }, ...more });

/** As the route does; answers the id of the fleet install. */
export async function beginFleet(app: DurableApp, asked: FleetInstallRequest, by = caller): Promise<string> {
  const machines = await selectMachines(app.ports, by, asked.select);
  return (await beginFleetInstall(app.ports, app.client, by, asked, machines)).id;
}

/** Agents that serve what is newest, on machines that anybody here may install on. */
export function openFleetWorld(app: DurableApp): void {
  allowInstalls(app);
  app.faults.before('extension.read', () => reportAllServing(app));
}

export async function fleetOf(app: DurableApp, id: string) {
  const found = await app.store.read(id, 'fleet-install');
  if (!found) throw new Error(`no fleet install ${id}`);
  return found.document;
}

/** The records of its machines in their order. */
export const membersOf = async (app: DurableApp, id: string) =>
  (await app.store.list(id, 'fleet-machine', 2_000)).toSorted((one, other) => one.place - other.place);
