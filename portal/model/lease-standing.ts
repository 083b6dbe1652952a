import type { Lease, LeasePolicy, MachineReply } from '../api/replies.ts';
import { isLeaseOver } from './lease-words.ts';
import { type Verdict, verdictOf } from './machine-state.ts';
import { formatRelative, formatWhen } from './time.ts';

/** What leases mean for the caller's Connect on a machine. */
export interface LeaseStanding {
  isRequired: boolean;
  /** Where a lease also gives the role, who has none may ask too. */
  givesRole: boolean;
  /** The caller's own for this page's service that is not over, the one that opens first. */
  own: Lease | undefined;
}

export const noLeases: LeaseStanding = { isRequired: false, givesRole: false, own: undefined };

const order: readonly Lease['state'][] = ['active', 'approved', 'requested'];

export function leaseStanding(
  policy: LeasePolicy | undefined,
  leases: readonly Lease[],
  callerId: string | undefined,
): LeaseStanding {
  const own = leases.filter(
    (lease) => lease.requester.id === callerId && lease.service === 'WAC' && !isLeaseOver(lease),
  );
  return {
    isRequired: policy?.required ?? false,
    givesRole: policy?.givesRole ?? false,
    own: own.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state))[0],
  };
}

export interface LeasedVerdict extends Omit<Verdict, 'action'> {
  action: Verdict['action'] | 'request';
  /** Until when the lease opens the door. */
  until?: string;
}

/** The machine's verdict with the leases in it: the role says who may, the lease says when. */
export function leasedVerdict(
  machine: Pick<MachineReply, 'may' | 'state'>,
  { isRequired, givesRole, own }: LeaseStanding,
  now: number,
): LeasedVerdict {
  const verdict = verdictOf(machine);
  const mayConnect = verdict.action === 'connect';
  const couldConnect = verdictOf({
    state: machine.state,
    may: { ...machine.may, connect: { allowed: true, missingAction: null } },
  });
  // Nothing of leases matters where even the role would open nothing.
  if (couldConnect.action !== 'connect' || !(mayConnect || givesRole)) return verdict;
  if (own?.state === 'active' && own.endsAt && mayConnect) return { ...verdict, until: own.endsAt };
  if (mayConnect && !isRequired) return verdict;
  if (own?.state === 'active')
    return {
      tone: 'busy',
      sentence: 'Your lease has begun. Azure is being told of its role; that takes up to a minute.',
      action: 'none',
    };
  if (own?.state === 'approved' && own.startsAt)
    return {
      tone: 'busy',
      sentence: `Your lease begins ${formatRelative(own.startsAt, now)}, at ${formatWhen(own.startsAt, now)}.`,
      action: 'none',
    };
  if (own)
    return {
      tone: 'busy',
      sentence: 'Your request for a lease waits for somebody’s approval.',
      action: 'none',
    };
  return {
    tone: 'warning',
    sentence: mayConnect
      ? 'You have the role. Connecting here also takes a lease: a purpose and a time that somebody else approves.'
      : 'You have no role to connect here. A lease gives it for a time, when somebody else approves.',
    action: 'request',
  };
}
