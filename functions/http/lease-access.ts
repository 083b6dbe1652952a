import { recordAudit } from '#orchestrations/audit-trail.ts';
import { unknownLease } from '#orchestrations/lease-records.ts';
import type { LeaseDocument } from '#shared/domain/documents.ts';
import { AppError, errorTable } from '#shared/domain/error.ts';
import { isLeaseId } from '#shared/domain/lease-id.ts';
import { isSamePerson } from '#shared/domain/lease-transitions.ts';
import { auditedCaller } from './audit-actor.ts';
import { viewLease } from './lease-view.ts';
import { type MachineAccess, openMachine } from './machine-access.ts';
import type { RouteCall } from './route.ts';

export interface OpenedLease {
  access: MachineAccess;
  lease: LeaseDocument;
  isHolder: boolean;
  mayApprove: boolean;
}

/** A lease, for its holder and for who says who may connect there. To all others it is as if unknown. */
export async function openLease({ ports, caller, parameter }: RouteCall<unknown>): Promise<OpenedLease> {
  const access = await openMachine(ports, caller, parameter('id'));
  const id = parameter('leaseId');
  const found = isLeaseId(id) ? await ports.store.read(access.machine.machineId, 'lease', id) : undefined;
  if (!found) throw unknownLease(id);
  const lease = found.document;
  const isHolder = isSamePerson(caller, lease.requester);
  const mayApprove = access.decide('approve').allowed;
  if (!isHolder && !mayApprove) throw unknownLease(id);
  return { access, lease, isHolder, mayApprove };
}

/** What the caller of a request sees of a lease. */
export const replyWith = (
  { ports, caller }: RouteCall<unknown>,
  { machine, decide }: MachineAccess,
  lease: LeaseDocument,
) => viewLease(lease, machine, { caller, mayApprove: decide('approve').allowed, now: ports.now() });

/** Does it, and keeps the record of a refusal. */
export async function refusable<T>(
  { ports, caller, request }: RouteCall<unknown>,
  { machineId, action, leaseId }: { machineId: string; action: string; leaseId?: string },
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AppError && errorTable[error.code].status === 403)
      await recordAudit(ports, machineId, {
        ...auditedCaller(caller, request),
        action,
        outcome: 'refused',
        decision: { code: error.code },
        ...(leaseId !== undefined && { leaseId }),
        detail: error.message,
      });
    throw error;
  }
}
