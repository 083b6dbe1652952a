import { beginFleetInstall } from '#functions/http/fleet-installs-begin.ts';
import { selectMachines } from '#functions/http/fleet-installs-selection.ts';
import { tellFleetInstall } from '#functions/reconcile-fleet-install.ts';
import type { FleetInstall } from '#shared/domain/fleet-install.ts';
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
export const caller = { ...administrator, tenantId, isApplication: false, roles: [] };

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
  return (await beginFleetInstall(app.ports, app.client, { caller: by }, asked, machines)).id;
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

export const statusesOf = async (app: DurableApp, id: string) =>
  (await membersOf(app, id)).map(({ status }) => status);

/** Of one of `addToCloud`, as it is on record. */
export const cloudMachineOf = async (app: DurableApp, index: number) =>
  (await app.store.read(fleetMember(index).machineId, 'machine'))?.document;

export async function untilFleetEnds(app: DurableApp, id: string): Promise<FleetInstall> {
  await app.host.waitForCompletion((await fleetOf(app, id)).runId, { timeoutMs: 20_000 });
  return fleetOf(app, id);
}

export async function writeStatus(
  app: DurableApp,
  id: string,
  status: FleetInstall['status'],
): Promise<void> {
  const found = await app.store.read(id, 'fleet-install');
  if (!found) throw new Error(`no fleet install ${id}`);
  await app.store.commit(id, [{ replace: { ...found.document, status }, etag: found.etag }]);
}

/** As the route does. */
export async function setStatus(app: DurableApp, id: string, status: FleetInstall['status']): Promise<void> {
  await writeStatus(app, id, status);
  await tellFleetInstall(app.client, await fleetOf(app, id));
}

/** Once, before the `nth` endpoint is made: that machine has been taken. */
export function beforeInstall(app: DurableApp, nth: number, act: () => Promise<void>): void {
  let seen = 0;
  app.faults.before('connectivity.putEndpoint', async () => {
    seen += 1;
    if (seen === nth) await act();
  });
}

/** Acts once, when it is paused and nothing runs any more; answers where its machines stand then. */
export function whenHeld(app: DurableApp, id: string, act: () => Promise<void>): Promise<string[]> {
  return new Promise((resolve) => {
    let isSeen = false;
    app.faults.before('store.list', async () => {
      const held = await statusesOf(app, id);
      if (isSeen || (await fleetOf(app, id)).status !== 'paused' || held.includes('running')) return;
      isSeen = true;
      await act();
      resolve(held);
    });
  });
}
