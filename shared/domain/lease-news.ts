import type { Lease, Person } from './lease.ts';
import { endingAt } from './lease-transitions.ts';

type LeaseNewsKind =
  | 'requested'
  | 'approved'
  | 'denied'
  | 'withdrawn'
  | 'lapsed'
  | 'started'
  | 'ending'
  | 'extension-requested'
  | 'extended'
  | 'extension-denied'
  | 'ended';

/** One thing of a lease that others may want to be told. */
export interface LeaseNews {
  kind: LeaseNewsKind;
  /** Which of its kind on this lease, from 1: the same news have the same number whenever they are told. */
  count: number;
  /** ISO 8601. */
  at: string;
  /** Who did it, where it was not the requester or the time. */
  by?: Person;
  reason?: string;
  extensionMinutes?: number;
}

const once = (kind: LeaseNewsKind, at: string, more: Partial<LeaseNews> = {}): LeaseNews => ({
  kind,
  count: 1,
  at,
  ...more,
});

function* ofExtensions({ extensions }: Lease): Iterable<LeaseNews> {
  for (const [index, { minutes, purpose, requestedAt, decision }] of extensions.entries()) {
    const common = { count: index + 1, extensionMinutes: minutes };
    yield { ...common, kind: 'extension-requested', at: requestedAt, reason: purpose };
    if (!decision) continue;
    const { approved, by, at, reason } = decision;
    const kind = approved ? 'extended' : 'extension-denied';
    yield { ...common, kind, at, by, ...(reason !== undefined && { reason }) };
  }
}

/** It opened the door: its record may have come to say so too late to be seen. */
const hasStarted = ({ state, startsAt = '', end }: Lease): boolean =>
  state === 'active' ||
  (state === 'ended' && startsAt !== '' && end?.reason !== 'role_refused' && startsAt < (end?.at ?? ''));

function* newsOf(lease: Lease, now: Date): Iterable<LeaseNews> {
  const { state, decision, end } = lease;
  yield once('requested', lease.requestedAt);
  if (decision) {
    const { approved, by, at, reason } = decision;
    yield once(approved ? 'approved' : 'denied', at, { by, ...(reason !== undefined && { reason }) });
  }
  if (hasStarted(lease)) yield once('started', lease.startsAt ?? lease.requestedAt);
  yield* ofExtensions(lease);
  const ending = endingAt(lease);
  if (state === 'active' && ending !== undefined && now.getTime() >= Date.parse(ending)) {
    const count = 1 + lease.extensions.filter(({ decision: word }) => word?.approved).length;
    yield { kind: 'ending', count, at: ending };
  }
  if (state === 'lapsed') yield once('lapsed', lease.answerBy);
  if (state === 'withdrawn') yield once('withdrawn', end?.at ?? lease.requestedAt);
  if (state === 'ended' && end) {
    const { at, reason, by } = end;
    yield once('ended', at, { reason, ...(by && { by }) });
  }
}

/** All that there is to tell of a lease by now, oldest first. */
export const leaseNews = (lease: Lease, now: Date): LeaseNews[] => [...newsOf(lease, now)];
