import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { isInForce, isOver, type Lease, leaseEndReasons, leaseLimits } from '#shared/domain/lease.ts';
import { leaseNews } from '#shared/domain/lease-news.ts';
import {
  dueEvent,
  type LeaseEvent,
  moveLease,
  nextMoment,
  requestLease,
} from '#shared/domain/lease-transitions.ts';
import { notification, notificationOf } from '#shared/protocol/notifications.ts';

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

/** Mostly near each other, so that much comes to pass. */
const anyMinute = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: -60, max: 4_000 }) },
);
const anyPerson = fc.constantFrom(holder, holderInSmall, approver, { id: 'c', name: 'third' });
const anyDecision = fc.record({ approved: fc.boolean(), by: anyPerson, at: anyMinute.map(iso) });
const anyMinutes = fc.integer({ min: leaseLimits.minutes.minimum, max: leaseLimits.minutes.maximum });
const anyEvent: fc.Arbitrary<LeaseEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('decide' as const), decision: anyDecision }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('decideExtension' as const), decision: anyDecision }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('lapse' as const, 'start' as const),
      at: anyMinute.map(iso),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('extend' as const),
      minutes: anyMinutes,
      purpose: fc.constant('more'),
      at: anyMinute.map(iso),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      reason: fc.constantFrom(...leaseEndReasons),
      by: anyPerson,
      at: anyMinute.map(iso),
    }),
  },
);

/** The lease after all of it: what is refused changes nothing. */
function after(first: Lease, moves: readonly LeaseEvent[]): Lease[] {
  const passed = [first];
  for (const move of moves) {
    const last = passed.at(-1) ?? first;
    try {
      passed.push(moveLease(last, move));
    } catch (error) {
      if (!(error instanceof AppError) || !['lease_state', 'lease_own_request'].includes(error.code))
        throw error;
    }
  }
  return passed;
}

describe('whatever happens to a lease', () => {
  const story = fc.record({
    minutes: anyMinutes,
    notBefore: fc.option(anyMinute.map(iso), { nil: undefined }),
    moves: fc.array(anyEvent, { maxLength: 40 }),
    look: anyMinute,
  });
  const run = ({
    minutes,
    notBefore,
    moves,
  }: {
    minutes: number;
    notBefore: string | undefined;
    moves: LeaseEvent[];
  }) => after(request({ minutes, ...(notBefore !== undefined && { notBefore }) }), moves);

  const minutesOf = ({ startsAt = '', endsAt = '' }: Lease) =>
    (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000;

  it('none is in force that nobody else approved, longer than a day, after its end, or over', () => {
    let looked = 0;
    fc.assert(
      fc.property(story, ({ look, ...told }) => {
        const inForce = run(told).filter((lease) => isInForce(lease, at(look)));
        looked += inForce.length;
        for (const lease of inForce) {
          expect(isOver(lease)).toBe(false);
          expect(lease.decision?.approved).toBe(true);
          expect(lease.decision?.by.id.toLowerCase()).not.toBe(holder.id.toLowerCase());
          expect(minutesOf(lease)).toBeLessThanOrEqual(leaseLimits.totalMinutes);
          expect(at(look).getTime()).toBeLessThan(Date.parse(lease.endsAt ?? ''));
        }
      }),
      { numRuns: 2_000 },
    );
    expect(looked).toBeGreaterThan(100);
  });

  it('what is over stays as it is', () => {
    fc.assert(
      fc.property(story, (told) => {
        const passed = run(told);
        const end = passed.findIndex(isOver);
        expect(end === -1 || end === passed.length - 1).toBe(true);
      }),
    );
  });

  it('what is due can be done, and after it nothing is due; an open one has a next moment', () => {
    fc.assert(
      fc.property(story, ({ look, ...told }) => {
        const lease = run(told).at(-1) ?? request();
        const due = dueEvent(lease, at(look));
        const settled = due ? moveLease(lease, due) : lease;
        expect(dueEvent(settled, at(look))).toBeUndefined();
        expect(nextMoment(settled, at(look)) === undefined).toBe(isOver(settled));
      }),
    );
  });

  it('its news only ever grow, each under a number of its own', () => {
    fc.assert(
      fc.property(story, ({ look, ...told }) => {
        const keys = run(told).map((lease) =>
          leaseNews(lease, at(look))
            // Told of the present alone.
            .filter(({ kind }) => kind !== 'ending' && kind !== 'started')
            .map(({ kind, count }) => `${kind}:${count}`),
        );
        for (const [index, one] of keys.entries()) {
          expect(new Set(one).size).toBe(one.length);
          expect(keys[index + 1] ?? one).toEqual(expect.arrayContaining(one));
        }
      }),
    );
  });

  it('each of its news is a CloudEvent as it is described, and the same whenever it is told', () => {
    fc.assert(
      fc.property(story, ({ look, ...told }) => {
        const lease = run(told).at(-1) ?? request();
        const about = { displayName: 'web-01', resourceId: '/subscriptions/s' };
        const sent = leaseNews(lease, at(look)).map((one) =>
          notificationOf(lease, one, about, 'https://api.test'),
        );
        expect(sent.map((one) => notification.parse(one))).toEqual(sent);
        expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
      }),
    );
  });
});
