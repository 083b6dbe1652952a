import type { ErrorRecord } from './error.ts';
import type { ServiceName } from './machine.ts';

/** Who did something: object id in the tenant, and the UPN or the name of an application. */
export interface Person {
  id: string;
  name: string;
}

/**
 * `requested` until somebody else decides; `approved` until it starts; `active` while it opens the door; then for good
 * `ended`, `denied`, `withdrawn` (by its requester, undecided) or `lapsed` (nobody decided in time).
 */
export type LeaseState = 'requested' | 'approved' | 'active' | 'ended' | 'denied' | 'withdrawn' | 'lapsed';

/** Why a lease that was not denied, withdrawn or lapsed is over. */
export const leaseEndReasons = [
  /** At its time. */
  'expired',
  /** By its holder. */
  'given_back',
  /** By somebody who may approve. */
  'revoked',
  /** With its machine. */
  'uninstalled',
  /** Azure did not let the role be given that it was to come with: `failure` says why. */
  'role_refused',
] as const;
export type LeaseEndReason = (typeof leaseEndReasons)[number];

/** Somebody's word on a request. ISO 8601. */
export interface LeaseDecision {
  approved: boolean;
  by: Person;
  at: string;
  reason?: string;
}

export interface LeaseExtension {
  minutes: number;
  purpose: string;
  requestedAt: string;
  /** Absent while it waits; the lease goes on to its present end meanwhile. */
  decision?: LeaseDecision;
}

/**
 * Access to one service of one machine for a time and a purpose, approved by somebody else. It opens nothing by itself:
 * the role says who may (requirement 94), the lease says when. All times ISO 8601.
 */
export interface Lease {
  /** 16 characters of base32. */
  id: string;
  machineId: string;
  service: ServiceName;
  requester: Person;
  purpose: string;
  /** Number of a ticket or a change. */
  reference?: string;
  minutes: number;
  /** The wished start; with the approval where absent. */
  notBefore?: string;
  state: LeaseState;
  requestedAt: string;
  /** Undecided until then, it lapses. */
  answerBy: string;
  decision?: LeaseDecision;
  startsAt?: string;
  endsAt?: string;
  extensions: LeaseExtension[];
  end?: { at: string; reason: LeaseEndReason; by?: Person };
  /** Its requester has no role of his own: it comes with one, and whoever decides knows that. */
  givesRole?: boolean;
  assignment?: LeaseAssignment;
  /** Why the role could not be given. */
  failure?: ErrorRecord;
}

/** The role assignment in Azure of a lease: on record before it is written, so that nothing is there that nobody knows. */
interface LeaseAssignment {
  /** Resource id. */
  id: string;
  roleDefinitionId: string;
  /** ISO 8601; gone from Azure since then. */
  removedAt?: string;
  /** Why it could not be removed when that was last tried; it is tried until it is gone. */
  trouble?: ErrorRecord;
}

/** Minutes, hours and lengths that a lease is bounded by. */
export const leaseLimits = {
  minutes: { minimum: 5, maximum: 24 * 60 },
  /** With all its extensions, from its start. */
  totalMinutes: 24 * 60,
  /** Asked for on one lease, whatever was decided. */
  extensions: 20,
  answerHours: 24,
  /** How far ahead it may be asked for. */
  aheadDays: 14,
  purpose: { minimum: 3, maximum: 500 },
  reference: 100,
} as const;

/** What a deployment says of leases: whether every connect needs one, and whether they give roles in Azure. */
export interface LeaseRules {
  areRequired: boolean;
  giveRole: boolean;
}

export const isOver = ({ state }: Pick<Lease, 'state'>): boolean =>
  state === 'ended' || state === 'denied' || state === 'withdrawn' || state === 'lapsed';

/** Whether it opens the door now: its record may lag behind its time. */
export const isInForce = ({ state, startsAt, endsAt }: Lease, now: Date): boolean =>
  (state === 'approved' || state === 'active') &&
  startsAt !== undefined &&
  endsAt !== undefined &&
  Date.parse(startsAt) <= now.getTime() &&
  now.getTime() < Date.parse(endsAt);

/** The lease that opens this service to its requester now: of several the one that lasts longest. */
export function findLeaseInForce<L extends Lease>(
  leases: readonly L[],
  requesterId: string,
  service: ServiceName,
  now: Date,
): L | undefined {
  const holder = requesterId.toLowerCase();
  return leases
    .filter(
      (lease) =>
        lease.service === service && lease.requester.id.toLowerCase() === holder && isInForce(lease, now),
    )
    .toSorted((one, other) => Date.parse(other.endsAt ?? '') - Date.parse(one.endsAt ?? ''))[0];
}
