import { AppError } from './error.ts';
import {
  isInForce,
  isOver,
  type Lease,
  type LeaseDecision,
  type LeaseEndReason,
  type LeaseExtension,
  leaseLimits,
  type Person,
} from './lease.ts';

/** What a request names; times ISO 8601. */
export type LeaseRequest = Pick<
  Lease,
  | 'id'
  | 'machineId'
  | 'service'
  | 'requester'
  | 'purpose'
  | 'reference'
  | 'minutes'
  | 'notBefore'
  | 'requestedAt'
  | 'givesRole'
>;

/** Everything that can happen to a lease. `at` in ISO 8601. */
export type LeaseEvent =
  /** On the request. */
  | { type: 'decide'; decision: LeaseDecision }
  /** Nobody decided in time. */
  | { type: 'lapse'; at: string }
  | { type: 'start'; at: string }
  /** Its holder asks for more time. */
  | { type: 'extend'; minutes: number; purpose: string; at: string }
  /** On the extension that waits. */
  | { type: 'decideExtension'; decision: LeaseDecision }
  | { type: 'end'; reason: LeaseEndReason; by?: Person; at: string };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const ms = (iso: string | undefined): number => Date.parse(iso ?? '');
const iso = (at: number): string => new Date(at).toISOString();

/** Object ids are GUIDs, and a GUID in capitals is the same one. */
export const isSamePerson = (one: { id: string }, other: { id: string }): boolean =>
  one.id.toLowerCase() === other.id.toLowerCase();

/**
 * A new request. It can be answered for a day, or until the time that it wished for is over. Times are instants: a
 * clock that is put forward or back in between changes no length.
 */
export function requestLease(request: LeaseRequest): Lease {
  const requestedAt = ms(request.requestedAt);
  const day = requestedAt + leaseLimits.answerHours * hourMs;
  const wishedEnd =
    request.notBefore === undefined
      ? day
      : Math.max(ms(request.notBefore), requestedAt) + request.minutes * minuteMs;
  return { ...request, state: 'requested', answerBy: iso(Math.min(day, wishedEnd)), extensions: [] };
}

function illegal({ id, state }: Lease, event: LeaseEvent['type'], why?: string): AppError {
  const detail = why ?? `lease ${id} is ${state}: there is nothing to ${wordOf[event]}`;
  return new AppError('lease_state', detail, { facts: { state, leaseId: id } });
}
const wordOf: Readonly<Record<LeaseEvent['type'], string>> = {
  decide: 'decide',
  lapse: 'lapse',
  start: 'start',
  extend: 'extend',
  decideExtension: 'decide',
  end: 'end',
};

/** Four eyes: nobody decides on what he asked for. */
function requireSomebodyElse(lease: Lease, decision: LeaseDecision): void {
  if (isSamePerson(lease.requester, decision.by))
    throw new AppError('lease_own_request', `${decision.by.name} asked for lease ${lease.id}`, {
      facts: { leaseId: lease.id },
    });
}

function decide<L extends Lease>(lease: L, decision: LeaseDecision): L {
  requireSomebodyElse(lease, decision);
  if (lease.state !== 'requested') throw illegal(lease, 'decide');
  if (ms(decision.at) >= ms(lease.answerBy))
    throw illegal(lease, 'decide', `lease ${lease.id} was to be decided by ${lease.answerBy}`);
  if (!decision.approved) return { ...lease, state: 'denied', decision };
  const startsAt = Math.max(ms(decision.at), lease.notBefore === undefined ? 0 : ms(lease.notBefore));
  const endsAt = startsAt + lease.minutes * minuteMs;
  return { ...lease, state: 'approved', decision, startsAt: iso(startsAt), endsAt: iso(endsAt) };
}

/** Asked for, and nobody has decided. */
export const waitingExtension = ({ extensions }: Pick<Lease, 'extensions'>): LeaseExtension | undefined =>
  extensions.find(({ decision }) => decision === undefined);

/** Minutes by which it may still be extended. */
const minutesLeftToExtend = ({ startsAt, endsAt }: Lease): number =>
  Math.floor(leaseLimits.totalMinutes - (ms(endsAt) - ms(startsAt)) / minuteMs);

/** Whether its holder may ask for more time now. */
export const isExtensible = (lease: Lease, now: Date): boolean =>
  isInForce(lease, now) &&
  !waitingExtension(lease) &&
  lease.extensions.length < leaseLimits.extensions &&
  minutesLeftToExtend(lease) >= leaseLimits.minutes.minimum;

function extend<L extends Lease>(
  lease: L,
  { minutes, purpose, at }: Extract<LeaseEvent, { type: 'extend' }>,
): L {
  if (!isInForce(lease, new Date(at))) throw illegal(lease, 'extend');
  if (waitingExtension(lease)) throw illegal(lease, 'extend', 'an extension waits for its decision');
  if (lease.extensions.length >= leaseLimits.extensions)
    throw illegal(lease, 'extend', `it was asked for ${leaseLimits.extensions} extensions already`);
  const left = minutesLeftToExtend(lease);
  if (minutes > left)
    throw illegal(lease, 'extend', `a lease takes a day at most: ${left} minutes can be added to this one`);
  return { ...lease, extensions: [...lease.extensions, { minutes, purpose, requestedAt: at }] };
}

function decideExtension<L extends Lease>(lease: L, decision: LeaseDecision): L {
  requireSomebodyElse(lease, decision);
  const waiting = waitingExtension(lease);
  if (!waiting || !isInForce(lease, new Date(decision.at))) throw illegal(lease, 'decideExtension');
  const extensions = lease.extensions.map((one) => (one === waiting ? { ...one, decision } : one));
  if (!decision.approved) return { ...lease, extensions };
  return { ...lease, extensions, endsAt: iso(ms(lease.endsAt) + waiting.minutes * minuteMs) };
}

function end<L extends Lease>(lease: L, { reason, by, at }: Extract<LeaseEvent, { type: 'end' }>): L {
  if (isOver(lease)) throw illegal(lease, 'end');
  const ended = { ...lease, state: 'ended', end: { at, reason, ...(by && { by }) } } as const;
  if (reason === 'uninstalled') return ended;
  if (lease.state === 'requested') {
    if (reason !== 'given_back')
      throw illegal(lease, 'end', `lease ${lease.id} waits for its decision: deny it instead`);
    return { ...ended, state: 'withdrawn' };
  }
  const isPast = ms(at) >= ms(lease.endsAt);
  if (reason === 'expired') {
    if (!isPast) throw illegal(lease, 'end', `lease ${lease.id} lasts until ${lease.endsAt}`);
    return { ...ended, end: { ...ended.end, at: lease.endsAt ?? at } };
  }
  if (isPast) throw illegal(lease, 'end', `lease ${lease.id} ended at ${lease.endsAt}`);
  if (reason === 'role_refused' && lease.state !== 'approved') throw illegal(lease, 'end');
  return ended;
}

/** The lease after what happened. Throws `lease_state` where that cannot happen to it now, `lease_own_request` for its requester's own word. */
export function moveLease<L extends Lease>(lease: L, event: LeaseEvent): L {
  switch (event.type) {
    case 'decide':
      return decide(lease, event.decision);
    case 'lapse':
      if (lease.state !== 'requested' || ms(event.at) < ms(lease.answerBy)) throw illegal(lease, 'lapse');
      return { ...lease, state: 'lapsed' };
    case 'start':
      if (lease.state !== 'approved' || !isInForce(lease, new Date(event.at))) throw illegal(lease, 'start');
      return { ...lease, state: 'active' };
    case 'extend':
      return extend(lease, event);
    case 'decideExtension':
      return decideExtension(lease, event.decision);
    case 'end':
      return end(lease, event);
  }
}

/** What its time does to it, where it is up: a request lapses, a lease ends. */
export function dueEvent(lease: Lease, now: Date): LeaseEvent | undefined {
  const at = now.toISOString();
  if (lease.state === 'requested')
    return now.getTime() >= ms(lease.answerBy) ? { type: 'lapse', at } : undefined;
  if (isOver(lease)) return undefined;
  return now.getTime() >= ms(lease.endsAt) ? { type: 'end', reason: 'expired', at } : undefined;
}

/** Before its end its holder is told that it ends; one that is not longer than this has no such word. */
const endingMs = 10 * minuteMs;
export const endingAt = ({ startsAt, endsAt }: Pick<Lease, 'startsAt' | 'endsAt'>): string | undefined =>
  startsAt !== undefined && endsAt !== undefined && ms(endsAt) - ms(startsAt) > endingMs
    ? iso(ms(endsAt) - endingMs)
    : undefined;

/** When the clock next has something to say to it, ISO 8601; undefined when it is over. */
export function nextMoment(
  lease: Pick<Lease, 'state' | 'answerBy' | 'startsAt' | 'endsAt'>,
  now: Date,
): string | undefined {
  switch (lease.state) {
    case 'requested':
      return lease.answerBy;
    case 'approved':
      return lease.startsAt;
    case 'active': {
      const ending = endingAt(lease);
      return ending !== undefined && now.getTime() < ms(ending) ? ending : lease.endsAt;
    }
    case 'ended':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return undefined;
  }
}
