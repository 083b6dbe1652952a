import { createHash } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { fleetInstallSeconds } from '#orchestrations/fleet-records.ts';
import {
  type FleetInstallDocument,
  type FleetMachineDocument,
  fleetPartition,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { FleetWishes } from '#shared/domain/fleet-install.ts';
import type { FleetInstallRequest } from '#shared/protocol/fleet-api.ts';
import type { AppPorts } from '../ports.ts';
import { fleetRunId, reconcileFleetInstall, startFleetInstall } from '../reconcile-fleet-install.ts';
import { auditActorOf } from './audit-actor.ts';
import type { Caller } from './authorization.ts';
import type { SelectedMachine } from './fleet-installs-selection.ts';

/** Documents that one commit writes. */
const batch = 100;

export const wishesIn = ({ port, keys, consent }: FleetInstallRequest['install']): FleetWishes => ({
  ...(port !== undefined && { port }),
  ...(keys && { keys }),
  ...(consent !== undefined && { consent }),
});

/** The same for the same machines in any order and case of letters. */
function claimKey(
  caller: Caller,
  { select, install, concurrency }: FleetInstallRequest,
  ids: string[],
): string {
  const meant = select.resourceIds
    ? ids.toSorted()
    : [
        select.resourceGroup?.toLowerCase(),
        select.tag?.subscriptionId.toLowerCase(),
        select.tag?.name,
        select.tag?.value,
      ];
  const { port, keys, consent } = install;
  const text = JSON.stringify([caller.id, meant, port, keys, consent, concurrency]);
  return createHash('sha256').update(text).digest('hex');
}

async function writeRecords(
  ports: AppPorts,
  fleet: FleetInstallDocument,
  machines: readonly SelectedMachine[],
): Promise<void> {
  const records = machines.map(
    ({ machineId, resourceId, kind, name, decide }, place): FleetMachineDocument => {
      const own = { type: 'fleet-machine', machineId: fleet.id, key: machineId } as const;
      const isUnknown = decide === undefined;
      const machine = {
        resourceId,
        kind,
        name,
        place,
        status: 'waiting',
        ...(isUnknown && { isUnknown }),
      } as const;
      return { ...own, ...machine, ttlSeconds: fleetInstallSeconds };
    },
  );
  for (let from = 0; from < records.length; from += batch)
    await ports.store.commit(
      fleet.id,
      records.slice(from, from + batch).map((create) => ({ create })),
    );
  // Last: what has this record is whole.
  await ports.store.commit(fleet.id, [{ create: fleet }]);
}

/**
 * Begins an install on these machines, or answers the one that the same request of the same caller began and that has
 * not ended. A crash before the claim leaves records that nobody names and that go by themselves; one before the start
 * is mended by whoever looks next.
 */
export async function beginFleetInstall(
  ports: AppPorts,
  client: DurableClient,
  by: { caller: Caller; from?: string },
  request: FleetInstallRequest,
  machines: readonly SelectedMachine[],
): Promise<FleetInstallDocument> {
  const { store } = ports;
  const { caller, from } = by;
  const key = claimKey(
    caller,
    request,
    machines.map(({ machineId }) => machineId),
  );
  const claimed = await store.read(fleetPartition, 'fleet-install-claim', key);
  const before = claimed && (await store.read(claimed.document.fleetInstallId, 'fleet-install'));
  if (before) {
    const current = await reconcileFleetInstall(ports, client, before.document);
    if (current.endedAt === undefined && current.status !== 'cancelled') return current;
  }
  const id = ports.newId();
  const at = ports.now().toISOString();
  const fleet: FleetInstallDocument = {
    type: 'fleet-install',
    machineId: id,
    id,
    status: 'running',
    requestedBy: auditActorOf(caller),
    ...(from !== undefined && { from }),
    tenantId: caller.tenantId,
    createdAt: at,
    wishes: wishesIn(request.install),
    concurrency: request.concurrency,
    total: machines.length,
    runId: fleetRunId(id),
    ttlSeconds: fleetInstallSeconds,
  };
  await writeRecords(ports, fleet, machines);
  const own = { machineId: fleetPartition, fleetInstallId: id, ttlSeconds: fleetInstallSeconds } as const;
  const claim = { ...own, type: 'fleet-install-claim', key } as const;
  try {
    await store.commit(fleetPartition, [
      claimed ? { replace: claim, etag: claimed.etag } : { create: claim },
      {
        create: { ...own, type: 'fleet-install-entry', key: `${at}-${id}`, requestedById: caller.id },
      },
    ]);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    // The same request came twice at once: the first of them has it.
    return beginFleetInstall(ports, client, by, request, machines);
  }
  await startFleetInstall(client, fleet);
  return fleet;
}
