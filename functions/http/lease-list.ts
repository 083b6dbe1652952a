import { leasePartition, leasesOf } from '#shared/domain/documents.ts';
import { problem } from '#shared/protocol/api.ts';
import { type LeaseReply, leaseListQuery, leaseListReply } from '#shared/protocol/lease-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { viewLease } from './lease-view.ts';
import { defineRoute, readQuery } from './route.ts';
import { listVisible } from './visible-machines.ts';

/** Own ones that are shown, ended ones too; and open ones that are looked through. */
const mostOwn = 100;
const mostOpen = 2_000;
/** Leases that are read at the same time. */
const width = 16;

async function mapInLanes<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += width)
    results.push(...(await Promise.all(items.slice(from, from + width).map(map))));
  return results;
}

/** Leases on machines that the caller sees: his own, or those that wait for his word. */
async function listLeases(ports: AppPorts, caller: Caller, isWaiting: boolean): Promise<LeaseReply[]> {
  const [{ visible }, entries] = await Promise.all([
    listVisible(ports, caller, { isCurrent: false }),
    isWaiting
      ? ports.store.list(leasePartition, 'lease-entry', mostOpen)
      : ports.store.list(leasesOf(caller.id), 'lease-entry', mostOwn),
  ]);
  const machines = new Map(
    visible.map(({ known, decide }) => [
      known.machine.machineId,
      { displayName: known.machine.displayName, mayApprove: decide('approve').allowed },
    ]),
  );
  const own = caller.id.toLowerCase();
  const meant = entries.flatMap(({ key, leaseMachineId, requesterId }) => {
    const machine = machines.get(leaseMachineId);
    if (!machine) return [];
    if (isWaiting && (!machine.mayApprove || requesterId.toLowerCase() === own)) return [];
    return [{ key, leaseMachineId, machine }];
  });
  const now = ports.now();
  const found = await mapInLanes(meant, async ({ key, leaseMachineId, machine }) => {
    const stored = await ports.store.read(leaseMachineId, 'lease', key);
    const onlooker = { caller, mayApprove: machine.mayApprove, now };
    return stored && viewLease(stored.document, machine, onlooker);
  });
  return found.filter((lease) => lease !== undefined).filter(({ may }) => !isWaiting || may.decide);
}

export function registerLeaseList(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listLeases',
      method: 'GET',
      route: 'api/leases',
      audience: 'user',
      applications: true,
      summary:
        'My own leases on all machines, the newest first; with waiting=true those that wait for my decision',
      query: leaseListQuery,
      replies: { 200: leaseListReply, 400: problem, 401: problem },
    },
    async ({ ports, caller, request }) => {
      const { waiting } = readQuery(leaseListQuery, request);
      return { body: { value: await listLeases(ports, caller, waiting === 'true') } };
    },
  );
}
