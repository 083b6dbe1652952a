import { commitAudited } from '#orchestrations/audit-trail.ts';
import { getDocument, updateDocument } from '#orchestrations/records.ts';
import { computerPartition, type MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineFacts, MachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { Acting } from './http/audit-actor.ts';
import type { AppPorts } from './ports.ts';

/** Resources that may be one computer: more are no move, whatever they are. */
const most = 20;

/**
 * Whether Azure Resource Manager still has the machine. `unknown`: it does not, and its subscription is not to be found
 * or is another tenant's, so that this says nothing. Whatever else it answers is thrown.
 */
export async function whereabouts(
  { resources, settings }: AppPorts,
  { resourceId, subscriptionId }: Pick<MachineDocument, 'resourceId' | 'subscriptionId'>,
): Promise<'there' | 'gone' | 'unknown'> {
  if (await resources.findMachine(resourceId)) return 'there';
  try {
    const tenant = await resources.tenantOf(subscriptionId);
    return tenant.toLowerCase() === settings.ADMIN_CENTER_TENANT_ID.toLowerCase() ? 'gone' : 'unknown';
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'machine_not_found') throw error;
    return 'unknown';
  }
}

/**
 * The machine id under which this computer was known, if its resource is gone from there. Two that are both there are
 * clones and no move, and so is one among several that are gone.
 */
async function findMovedFrom(
  ports: AppPorts,
  machineId: string,
  vmId: string | undefined,
): Promise<string | undefined> {
  if (vmId === undefined || vmId === '') return undefined;
  const gone: string[] = [];
  for (const { key } of await ports.store.list(computerPartition(vmId), 'computer', most)) {
    const known = key === machineId ? undefined : (await ports.store.read(key, 'machine'))?.document;
    if (!known || (known.movedTo !== undefined && known.movedTo !== machineId)) continue;
    const where = await whereabouts(ports, known);
    if (where === 'there') return undefined;
    if (where === 'gone') gone.push(key);
  }
  return gone.length === 1 ? gone[0] : undefined;
}

/** Somebody who asks Azure Resource Manager found it there. */
export async function noteThere(ports: AppPorts, machineId: string): Promise<void> {
  await updateDocument(ports.store, machineId, 'machine', undefined, (machine) => {
    const { goneSince, movedTo, ...found } = machine;
    return goneSince === undefined && movedTo === undefined ? undefined : { document: found };
  });
}

async function noteMoved(ports: AppPorts, from: string, to: string): Promise<void> {
  const at = ports.now().toISOString();
  await updateDocument(ports.store, from, 'machine', undefined, (machine) => ({
    document: { ...machine, movedTo: to, goneSince: machine.goneSince ?? at },
  }));
}

/**
 * Puts a machine that Azure Resource Manager has on record; again is harmless. One that is known by another id, which is
 * gone, has moved or was renamed: both records say so. The new one is written last, so that a crash leaves nothing that
 * the same call again does not finish.
 */
export async function makeKnown(
  ports: AppPorts,
  target: MachineResource,
  facts: MachineFacts,
  by: Acting,
): Promise<{ machineId: string; isNew: boolean }> {
  const { store } = ports;
  const machineId = machineIdOf(target.resourceId);
  if (await store.read(machineId, 'machine')) {
    await noteThere(ports, machineId);
    return { machineId, isNew: false };
  }
  const { vmId } = facts;
  const movedFrom = await findMovedFrom(ports, machineId, vmId);
  if (vmId) {
    const computer = computerPartition(vmId);
    await store.commit(computer, [{ put: { type: 'computer', machineId: computer, key: machineId } }]);
  }
  if (movedFrom !== undefined) await noteMoved(ports, movedFrom, machineId);
  const { resourceId, kind, name: displayName, subscriptionId } = target;
  const machine: MachineDocument = {
    type: 'machine',
    machineId,
    resourceId,
    kind,
    displayName,
    subscriptionId,
    facts,
    ...(movedFrom !== undefined && { movedFrom }),
  };
  const entry = { ...by, action: 'machine add', outcome: 'succeeded', detail: resourceId } as const;
  await commitAudited(ports, machineId, [{ create: machine }], entry).catch((error: unknown) => {
    // Two who add one machine at a time both succeed.
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
  });
  await getDocument(store, machineId, 'machine');
  return { machineId, isNew: true };
}
