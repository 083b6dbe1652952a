import { unknownLease } from '#orchestrations/lease-records.ts';
import type { LeaseDocument } from '#shared/domain/documents.ts';
import { isLeaseId } from '#shared/domain/lease-id.ts';
import { isSamePerson } from '#shared/domain/lease-transitions.ts';
import { tellLease } from '../reconcile-lease.ts';
import { viewLease } from './lease-view.ts';
import { type MachineAccess, openMachine } from './machine-access.ts';
import type { RouteCall } from './route.ts';

interface OpenedLease {
  access: MachineAccess;
  lease: LeaseDocument;
  isHolder: boolean;
}

/** A lease, for its holder and for who says who may connect there. To all others it is as if unknown. */
export async function openLease({ ports, caller, parameter }: RouteCall<unknown>): Promise<OpenedLease> {
  const access = await openMachine(ports, caller, parameter('id'));
  const id = parameter('leaseId');
  const found = isLeaseId(id) ? await ports.store.read(access.machine.machineId, 'lease', id) : undefined;
  if (!found) throw unknownLease(id);
  const lease = found.document;
  const isHolder = isSamePerson(caller, lease.requester);
  // Whoever has just been given the right is not sent away by what was known a minute ago.
  const approving = isHolder ? access.decide('approve') : await access.decideNow('approve');
  if (!isHolder && !approving.allowed) throw unknownLease(id);
  return { access, lease, isHolder };
}

/** What the caller of a request sees of a lease. */
export const replyWith = (
  { ports, caller }: RouteCall<unknown>,
  { machine, decide }: MachineAccess,
  lease: LeaseDocument,
) => viewLease(lease, machine, { caller, mayApprove: decide('approve').allowed, now: ports.now() });

/** What is on record stands: a hint that fails is made up for by a timer. */
export async function tellFlow(
  { ports, durable, log }: RouteCall<unknown>,
  lease: LeaseDocument,
): Promise<void> {
  try {
    await tellLease(ports, durable(), lease);
  } catch (error) {
    log.warn(`the flow of lease ${lease.id} was not told: ${String(error)}`);
  }
}
