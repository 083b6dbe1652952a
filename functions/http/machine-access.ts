import { machineIdOfOperation } from '#orchestrations/names.ts';
import {
  type AccessDecision,
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
  rolesAt,
} from '#shared/domain/access.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import type { Stored } from '#shared/ports/machine-store.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';

export interface MachineAccess {
  machine: MachineDocument;
  etag: string;
  decide(right: AccessRight): AccessDecision;
}

/** Without *see* a machine is as if unknown: whoever may not see it learns nothing of it. */
const unknown = (id: string) =>
  new AppError('machine_not_found', `there is no machine ${id} that you may see`);

/** The caller's roles at one resource, if his tenant is the subscription's; else none. */
export async function rolesOf(
  ports: AppPorts,
  caller: Caller,
  target: { subscriptionId: string; resourceId: string },
): Promise<EffectiveRoles> {
  const tenant = await ports.resources.tenantOf(target.subscriptionId);
  if (tenant.toLowerCase() !== caller.tenantId.toLowerCase()) return { grants: [], denials: [] };
  return rolesAt(await ports.roles.rolesIn(caller.id, target.subscriptionId), target.resourceId);
}

export const maySee = (roles: EffectiveRoles, kind: MachineKind): boolean =>
  decideAccess(roles, kind, 'see').allowed;

function accessTo({ document, etag }: Stored<MachineDocument>, roles: EffectiveRoles): MachineAccess {
  return { machine: document, etag, decide: (right) => decideAccess(roles, document.kind, right) };
}

/** The machine, for a caller who may see it. Throws `machine_not_found`. */
export const openMachine = async (ports: AppPorts, caller: Caller, id: string): Promise<MachineAccess> =>
  openKnown(ports, caller, id, isMachineId(id) ? await ports.store.read(id, 'machine') : undefined);

/** The machine with one of its operations, if there is that; as `openMachine`. */
export async function openOperation(
  ports: AppPorts,
  caller: Caller,
  operationId: string,
): Promise<{ access: MachineAccess; stored: Stored<OperationDocument> | undefined }> {
  const id = machineIdOfOperation(operationId);
  const wanted = [{ type: 'machine' }, { type: 'operation', key: operationId }] as const;
  const [machine, stored] = isMachineId(id) ? await ports.store.readTogether(id, wanted) : [];
  return { access: await openKnown(ports, caller, id, machine), stored };
}

async function openKnown(
  ports: AppPorts,
  caller: Caller,
  id: string,
  stored: Stored<MachineDocument> | undefined,
): Promise<MachineAccess> {
  if (!stored) throw unknown(id);
  const roles = await rolesOf(ports, caller, stored.document);
  if (!maySee(roles, stored.document.kind)) throw unknown(id);
  return accessTo(stored, roles);
}

/** Throws `access_denied` with the action that is missing. */
export function requireRight(access: MachineAccess, right: AccessRight): void {
  const decision = access.decide(right);
  if (decision.allowed) return;
  throw new AppError('access_denied', `no role gives you ${decision.missingAction} on this machine`, {
    facts: { missingAction: decision.missingAction },
  });
}
