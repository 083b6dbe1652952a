import { decideRight } from '#orchestrations/decide-right.ts';
import { machineIdOfOperation } from '#orchestrations/names.ts';
import {
  type AccessDecision,
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
} from '#shared/domain/access.ts';
import type { AuditDecision } from '#shared/domain/audit.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import type { Stored } from '#shared/ports/machine-store.ts';
import type { AppPorts } from '../ports.ts';
import { asUndecided } from '../remembered-roles.ts';
import type { Caller } from './authorization.ts';

export interface MachineAccess {
  machine: MachineDocument;
  etag: string;
  /** By what is known, which may be a minute old: for what is shown. */
  decide(right: AccessRight): AccessDecision;
  /** As `decide`; a refusal is given on nothing older than two seconds. */
  decideNow(right: AccessRight): Promise<AccessDecision>;
}

/** What is only shown is asked for again this seldom: a page that is open asks every few seconds. */
const shownFreshMs = 10_000;

/** Without *see* a machine is as if unknown: whoever may not see it learns nothing of it. */
const unknown = (id: string) =>
  new AppError('machine_not_found', `there is no machine ${id} that you may see`);

interface Target {
  subscriptionId: string;
  resourceId: string;
}

export async function isInTenant(
  { resources }: AppPorts,
  { tenantId }: Caller,
  target: Target,
): Promise<boolean> {
  try {
    return (await resources.tenantOf(target.subscriptionId)).toLowerCase() === tenantId.toLowerCase();
  } catch (error) {
    throw asUndecided(error);
  }
}

export const maySee = (roles: EffectiveRoles, kind: MachineKind): boolean =>
  decideAccess(roles, kind, 'see').allowed;

/**
 * Decides a right at a resource; a refusal is given on nothing older than two seconds. Whoever is of another tenant
 * than the subscription holds nothing there.
 */
export async function decideAt(
  ports: AppPorts,
  caller: Caller,
  { subscriptionId, resourceId, kind }: Target & { kind: MachineKind },
  right: AccessRight,
): Promise<{ held: EffectiveRoles; decision: AccessDecision }> {
  const decide = (held: EffectiveRoles) => decideAccess(held, kind, right);
  if (!(await isInTenant(ports, caller, { subscriptionId, resourceId }))) {
    const held = { grants: [], denials: [] };
    return { held, decision: decide(held) };
  }
  return decideRight(ports.roles, { principalId: caller.id, subscriptionId, resourceId }, decide);
}

/** The machine, for a caller who may see it. Throws `machine_not_found`. */
export const openMachine = async (ports: AppPorts, caller: Caller, id: string): Promise<MachineAccess> =>
  openKnown(ports, caller, id, isMachineId(id) ? await ports.store.read(id, 'machine') : undefined);

/** The same for a page that shows which of these rights he holds: one that he does not is asked for again now and then. */
export async function openToShow(
  ports: AppPorts,
  caller: Caller,
  id: string,
  rights: readonly AccessRight[],
): Promise<MachineAccess> {
  const access = await openMachine(ports, caller, id);
  const { subscriptionId, resourceId, kind } = access.machine;
  const firstRefusal = (held: EffectiveRoles) =>
    rights.map((right) => decideAccess(held, kind, right)).find(({ allowed }) => !allowed) ??
    access.decide('see');
  const target = { principalId: caller.id, subscriptionId, resourceId };
  const { held } = await decideRight(ports.roles, target, firstRefusal, shownFreshMs);
  return { ...access, decide: (right) => decideAccess(held, kind, right) };
}

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
  const { document: machine, etag } = stored;
  const { held, decision } = await decideAt(ports, caller, machine, 'see');
  if (!decision.allowed) throw unknown(id);
  return {
    machine,
    etag,
    decide: (right) => decideAccess(held, machine.kind, right),
    async decideNow(right) {
      const known = decideAccess(held, machine.kind, right);
      return known.allowed ? known : (await decideAt(ports, caller, machine, right)).decision;
    },
  };
}

/** Answers what gives the right, for the record. Throws `access_denied` with the action that is missing. */
export async function requireRight(access: MachineAccess, right: AccessRight): Promise<AuditDecision> {
  const decision = await access.decideNow(right);
  if (decision.allowed) return { right, grantedBy: [...decision.grantedBy] };
  throw new AppError('access_denied', `no role gives you ${decision.missingAction} on this machine`, {
    facts: { missingAction: decision.missingAction },
  });
}
