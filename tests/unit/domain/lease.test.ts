import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import {
  findLeaseInForce,
  isInForce,
  type Lease,
  type LeaseState,
  leaseLimits,
} from '#shared/domain/lease.ts';
import { isLeaseId, newLeaseId } from '#shared/domain/lease-id.ts';
import { endingAt, type LeaseEvent, moveLease, requestLease } from '#shared/domain/lease-transitions.ts';

const start = Date.parse('2026-10-01T12:00:00Z');
const iso = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();
const at = (minutes: number): Date => new Date(start + minutes * 60_000);
const holder = { id: 'AAAAAAAA-0000-4000-8000-00000000000a', name: 'holder' };
const holderInSmall = { id: holder.id.toLowerCase(), name: 'holder' };
const approver = { id: 'bbbbbbbb-0000-4000-8000-00000000000b', name: 'approver' };

const request = (changes: Partial<Lease> = {}): Lease =>
  requestLease({
    id: 'aaaaaaaabbbbbbbb',
    machineId: 'm',
    service: 'WAC',
    requester: holder,
    purpose: 'replace the disk',
    minutes: 60,
    requestedAt: iso(0),
    ...changes,
  });
const word = (approved: boolean, minutes: number, by = approver) => ({ approved, by, at: iso(minutes) });

/** One lease in each state, at minute 10 of an hour. */
const requested = request();
const approvedLease = moveLease(requested, { type: 'decide', decision: word(true, 0) });
const activeLease = moveLease(approvedLease, { type: 'start', at: iso(0) });
const waiting = moveLease(activeLease, { type: 'extend', minutes: 30, purpose: 'more', at: iso(5) });
const samples: Record<LeaseState | 'active, extension waits' | 'approved, later', Lease> = {
  requested,
  approved: approvedLease,
  'approved, later': moveLease(request({ notBefore: iso(120) }), {
    type: 'decide',
    decision: word(true, 0),
  }),
  active: activeLease,
  'active, extension waits': waiting,
  ended: moveLease(activeLease, { type: 'end', reason: 'given_back', by: holder, at: iso(5) }),
  denied: moveLease(requested, { type: 'decide', decision: word(false, 0) }),
  withdrawn: moveLease(requested, { type: 'end', reason: 'given_back', by: holder, at: iso(5) }),
  lapsed: moveLease(request({ requestedAt: iso(-24 * 60) }), { type: 'lapse', at: iso(0) }),
};

const now = 10;
const events: Record<string, LeaseEvent> = {
  approve: { type: 'decide', decision: word(true, now) },
  deny: { type: 'decide', decision: word(false, now) },
  'approve own': { type: 'decide', decision: word(true, now, holderInSmall) },
  lapse: { type: 'lapse', at: iso(now) },
  'lapse a day later': { type: 'lapse', at: iso(24 * 60) },
  start: { type: 'start', at: iso(now) },
  extend: { type: 'extend', minutes: 30, purpose: 'more', at: iso(now) },
  'extend beyond a day': { type: 'extend', minutes: 23 * 60 + 1, purpose: 'more', at: iso(now) },
  'approve extension': { type: 'decideExtension', decision: word(true, now) },
  'deny extension': { type: 'decideExtension', decision: word(false, now) },
  'approve own extension': { type: 'decideExtension', decision: word(true, now, holderInSmall) },
  'end as expired': { type: 'end', reason: 'expired', at: iso(now) },
  'end as expired, an hour later': { type: 'end', reason: 'expired', at: iso(60) },
  'give back': { type: 'end', reason: 'given_back', by: holder, at: iso(now) },
  revoke: { type: 'end', reason: 'revoked', by: approver, at: iso(now) },
  uninstall: { type: 'end', reason: 'uninstalled', at: iso(now) },
  'refuse the role': { type: 'end', reason: 'role_refused', at: iso(now) },
};

/** What each may do to each; all else is `lease_state`, and his own word is `lease_own_request` in every state. */
const legal: Partial<Record<keyof typeof samples, Partial<Record<keyof typeof events, LeaseState>>>> = {
  requested: {
    approve: 'approved',
    deny: 'denied',
    'lapse a day later': 'lapsed',
    'give back': 'withdrawn',
    uninstall: 'ended',
  },
  approved: {
    start: 'active',
    extend: 'approved',
    'end as expired, an hour later': 'ended',
    'give back': 'ended',
    revoke: 'ended',
    uninstall: 'ended',
    'refuse the role': 'ended',
  },
  'approved, later': {
    'give back': 'ended',
    revoke: 'ended',
    uninstall: 'ended',
    'refuse the role': 'ended',
  },
  active: {
    extend: 'active',
    'end as expired, an hour later': 'ended',
    'give back': 'ended',
    revoke: 'ended',
    uninstall: 'ended',
  },
  'active, extension waits': {
    'approve extension': 'active',
    'deny extension': 'active',
    'end as expired, an hour later': 'ended',
    'give back': 'ended',
    revoke: 'ended',
    uninstall: 'ended',
  },
};

/** The state after it, or the code of the refusal. */
function outcome(lease: Lease, event: LeaseEvent): string {
  try {
    return moveLease(lease, event).state;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('a lease', () => {
  const table = Object.keys(samples).flatMap((state) =>
    Object.keys(events).map((event) => ({ state, event })),
  );
  it('has every state against every event in this table', () => {
    expect(table).toHaveLength(9 * 17);
  });
  it.each(table)('that is $state: $event', ({ state, event }) => {
    const lease = samples[state as keyof typeof samples];
    const move = events[event];
    if (!move) throw new Error(event);
    const expected = event.includes('own')
      ? 'lease_own_request'
      : (legal[state as keyof typeof samples]?.[event] ?? 'lease_state');
    expect(outcome(lease, move)).toBe(expected);
  });

  it('that is extended ends so much later, and one that is not goes on to its end', () => {
    const extended = moveLease(waiting, { type: 'decideExtension', decision: word(true, 20) });
    expect(extended.endsAt).toBe(iso(90));
    const not = moveLease(waiting, { type: 'decideExtension', decision: word(false, 20) });
    expect(not.endsAt).toBe(iso(60));
    expect(isInForce(extended, at(75))).toBe(true);
    expect(isInForce(not, at(75))).toBe(false);
  });

  it('opens by record and clock: before its flow says so, and not a moment after its end', () => {
    expect([-1, 0, 59, 60].map((minute) => isInForce(approvedLease, at(minute)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isInForce(samples.ended, at(6))).toBe(false);
  });

  it('that wished for a time begins then, or with a later word; undecided it lapses when that time is over', () => {
    const wish = request({ notBefore: iso(120) });
    expect(wish.answerBy).toBe(iso(180));
    const late = moveLease(wish, { type: 'decide', decision: word(true, 150) });
    expect([late.startsAt, late.endsAt]).toEqual([iso(150), iso(210)]);
    expect(request({ notBefore: iso(-90) }).answerBy).toBe(iso(60));
    expect(request({ notBefore: iso(48 * 60) }).answerBy).toBe(iso(24 * 60));
  });

  it('is asked for more time at most twenty times', () => {
    let lease = moveLease(
      moveLease(request({ minutes: 24 * 60 - 10 }), { type: 'decide', decision: word(true, 0) }),
      { type: 'start', at: iso(0) },
    );
    for (let count = 0; count < leaseLimits.extensions; count += 1) {
      lease = moveLease(lease, { type: 'extend', minutes: 5, purpose: 'more', at: iso(count) });
      lease = moveLease(lease, { type: 'decideExtension', decision: word(false, count) });
    }
    const once = { type: 'extend', minutes: 5, purpose: 'more', at: iso(30) } as const;
    expect(outcome(lease, once)).toBe('lease_state');
  });

  it('is as long where clocks change in its midst', () => {
    const before = process.env['TZ'];
    process.env['TZ'] = 'Europe/Berlin';
    try {
      // Half an hour before summer time ends there: this night has 25 hours.
      const lease = moveLease(request({ requestedAt: '2026-10-25T00:30:00Z', minutes: 1440 }), {
        type: 'decide',
        decision: { approved: true, by: approver, at: '2026-10-25T00:30:00Z' },
      });
      expect(new Date(lease.startsAt ?? '').getTimezoneOffset()).toBe(-120);
      expect(new Date(lease.endsAt ?? '').getTimezoneOffset()).toBe(-60);
      expect(lease.endsAt).toBe('2026-10-26T00:30:00.000Z');
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });
});

describe('of several leases', () => {
  it('the one that lasts longest opens the service to its holder, whatever the case of his id', () => {
    const longer = { ...approvedLease, id: 'longer', endsAt: iso(90) };
    const others = [
      { ...longer, id: 'other service', service: 'SSH' as const, endsAt: iso(200) },
      { ...longer, id: 'other holder', requester: approver, endsAt: iso(200) },
      { ...longer, id: 'not yet', startsAt: iso(50), endsAt: iso(200) },
    ];
    const all = [approvedLease, longer, ...others];
    expect(findLeaseInForce(all, holderInSmall.id, 'WAC', at(10))?.id).toBe('longer');
    expect(findLeaseInForce(all, holder.id, 'WAC', at(95))?.id).toBe('not yet');
    expect(findLeaseInForce(all, approver.id, 'SSH', at(10))).toBeUndefined();
  });
});

describe('the word ten minutes before the end', () => {
  it('is not said of a lease that is no longer than that', () => {
    expect(endingAt({ startsAt: iso(0), endsAt: iso(10) })).toBeUndefined();
    expect(endingAt({ startsAt: iso(0), endsAt: iso(11) })).toBe(iso(1));
  });
});

describe('the id of a lease', () => {
  it('is sorted by time, and like any other id', () => {
    const moments = fc.tuple(
      fc.date({ min: new Date(0), max: new Date('2400-01-01'), noInvalidDate: true }),
      fc.integer({ min: 16, max: 1e12 }),
    );
    fc.assert(
      fc.property(moments, ([earlier, later]) => {
        const one = newLeaseId(earlier, 'zzzzzzzzzzzzzzzz');
        const other = newLeaseId(new Date(earlier.getTime() + later), 'aaaaaaaaaaaaaaaa');
        expect(one < other).toBe(true);
        expect(isLeaseId(one)).toBe(true);
      }),
    );
  });
});
