import { type ForgottenMachineDocument, forgottenPartition } from '#shared/domain/audit-documents.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import { auditRole } from '#shared/protocol/audit-api.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { isInTenant, openMachine, requireRight } from './machine-access.ts';
import { listVisible } from './visible-machines.ts';

/** Whoever has the app role in the tenant of this deployment. It gives nothing else. */
const isAuditor = ({ settings }: AppPorts, { roles, tenantId }: Caller): boolean =>
  roles.includes(auditRole) && tenantId.toLowerCase() === settings.ADMIN_CENTER_TENANT_ID.toLowerCase();

/** A subscription that was given back is nobody's: what was done on its machines is read on. */
async function isHis(ports: AppPorts, caller: Caller, known: KnownOwner): Promise<boolean> {
  try {
    return await isInTenant(ports, caller, known);
  } catch (error) {
    if (error instanceof AppError && error.code === 'machine_not_found') return true;
    throw error;
  }
}

type KnownOwner = Pick<MachineDocument | ForgottenMachineDocument, 'subscriptionId' | 'resourceId'>;

/** The machine as it is known, or as it was before it was forgotten. */
async function findOwner({ store }: AppPorts, id: string): Promise<KnownOwner | undefined> {
  const machine = await store.read(id, 'machine');
  return (machine ?? (await store.read(forgottenPartition, 'forgotten-machine', id)))?.document;
}

/**
 * For who may read the audit of this machine: by the app role also that of a machine which is gone, else by saying who may
 * connect to it. Throws `machine_not_found` or `access_denied`.
 */
export async function openAudit(ports: AppPorts, caller: Caller, id: string): Promise<void> {
  if (isMachineId(id) && isAuditor(ports, caller)) {
    const owner = await findOwner(ports, id);
    if (owner && (await isHis(ports, caller, owner))) return;
  }
  await requireRight(await openMachine(ports, caller, id), 'approve');
}

interface AuditedMachine {
  machineId: string;
  name: string;
  resourceId: string;
}

/** More machines than a stamp forgets. */
const mostForgotten = 20_000;

/** Every machine whose audit the caller may read, by name. */
export async function listAudited(ports: AppPorts, caller: Caller): Promise<AuditedMachine[]> {
  const found = isAuditor(ports, caller) ? await listAll(ports, caller) : await listApproved(ports, caller);
  return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

async function listApproved(ports: AppPorts, caller: Caller): Promise<AuditedMachine[]> {
  const { visible } = await listVisible(ports, caller, { isCurrent: false });
  return visible
    .filter(({ decide }) => decide('approve').allowed)
    .map(({ known: { machine } }) => ({
      machineId: machine.machineId,
      name: machine.displayName,
      resourceId: machine.resourceId,
    }));
}

async function listAll(ports: AppPorts, caller: Caller): Promise<AuditedMachine[]> {
  const [{ machines }, forgotten] = await Promise.all([
    ports.machines.recent(),
    ports.store.list(forgottenPartition, 'forgotten-machine', mostForgotten),
  ]);
  const known = new Map<string, AuditedMachine & { subscriptionId: string }>();
  for (const { key, name, resourceId, subscriptionId } of forgotten)
    known.set(key, { machineId: key, name, resourceId, subscriptionId });
  for (const { machine } of machines)
    known.set(machine.machineId, {
      machineId: machine.machineId,
      name: machine.displayName,
      resourceId: machine.resourceId,
      subscriptionId: machine.subscriptionId,
    });
  const all = [...known.values()];
  const subscriptions = [...new Map(all.map((one) => [one.subscriptionId, one])).values()];
  const his = new Map(
    await Promise.all(
      subscriptions.map(async (one) => [one.subscriptionId, await isHis(ports, caller, one)] as const),
    ),
  );
  return all
    .filter(({ subscriptionId }) => his.get(subscriptionId))
    .map(({ machineId, name, resourceId }) => ({ machineId, name, resourceId }));
}
