import type { LeaseDocument, MachineDocument } from '#shared/domain/documents.ts';
import { isInForce, isOver, type Lease } from '#shared/domain/lease.ts';
import { isExtensible, isSamePerson, waitingExtension } from '#shared/domain/lease-transitions.ts';
import type { LeaseReply } from '#shared/protocol/lease-api.ts';
import type { Caller } from './authorization.ts';

export interface LeaseOnlooker {
  caller: Caller;
  /** Whether he may say who connects here. */
  mayApprove: boolean;
  now: Date;
}

/** Whether it waits for somebody's word, whoever's. */
const awaitsDecision = (lease: Lease, now: Date): boolean =>
  lease.state === 'requested'
    ? now.getTime() < Date.parse(lease.answerBy)
    : waitingExtension(lease) !== undefined && isInForce(lease, now);

/** Four eyes: never his own. A program has no eyes. */
const mayDecide = (lease: Lease, { caller, mayApprove, now }: LeaseOnlooker): boolean =>
  mayApprove && !caller.isApplication && !isSamePerson(caller, lease.requester) && awaitsDecision(lease, now);

export function viewLease(
  lease: LeaseDocument,
  machine: Pick<MachineDocument, 'displayName'>,
  onlooker: LeaseOnlooker,
): LeaseReply {
  const { caller, mayApprove, now } = onlooker;
  const isHolder = isSamePerson(caller, lease.requester);
  const isPerson = !caller.isApplication;
  const { id, machineId, service, requester, purpose, reference, minutes, notBefore, state } = lease;
  const { requestedAt, answerBy, decision, startsAt, endsAt, extensions, end } = lease;
  const { assignment, failure } = lease;
  return {
    id,
    machineId,
    machine: machine.displayName,
    service,
    requester,
    purpose,
    ...(reference !== undefined && { reference }),
    minutes,
    ...(notBefore !== undefined && { notBefore }),
    state,
    requestedAt,
    answerBy,
    ...(decision && { decision }),
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    extensions,
    ...(end && { end }),
    givesRole: lease.givesRole === true,
    ...(assignment && {
      assignment: {
        id: assignment.id,
        ...(assignment.removedAt !== undefined && { removedAt: assignment.removedAt }),
        ...(assignment.trouble && { trouble: assignment.trouble.detail }),
      },
    }),
    ...(failure && { failure: { code: failure.code, detail: failure.detail, remedy: failure.remedy } }),
    may: {
      decide: mayDecide(lease, onlooker),
      extend: isHolder && isPerson && isExtensible(lease, now),
      // A request of somebody else's is denied, not ended.
      end: isPerson && !isOver(lease) && (isHolder || (mayApprove && state !== 'requested')),
      connect: isHolder && isInForce(lease, now),
    },
  };
}
