import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaseBounds, leaseFaults, leaseWishes, minutesFault } from '#portal/model/lease-request.ts';
import { leasedVerdict, leaseStanding } from '#portal/model/lease-standing.ts';
import { leaseSteps, opensSentence } from '#portal/model/lease-words.ts';
import { formatMinutes } from '#portal/model/time.ts';
import { leaseLimits } from '#shared/domain/lease.ts';
import type { LeaseReply } from '#shared/protocol/lease-api.ts';
import { operator, ownLease, reader, sampleLease } from '../../support/portal-access-samples.ts';
import { bareMachine, fromNow, sampleMachine } from '../../support/portal-samples.ts';

const now = Date.now();
const policy = (required: boolean, givesRole = false) => ({ required, byDeployment: false, givesRole });
const noRight = { allowed: false, missingAction: 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action' };

describe('the request for a lease', () => {
  it('has the bounds of the service', () => {
    const { minutes, purpose, reference, aheadDays } = leaseLimits;
    expect(leaseBounds).toEqual({ minutes, purpose, reference, aheadDays });
  });

  it('every length within them is taken, and nothing else', () => {
    const { minimum, maximum } = leaseBounds.minutes;
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 3000 }), (minutes) => {
        const isWithin = minutes >= minimum && minutes <= maximum;
        return (minutesFault(String(minutes)) === undefined) === isWithin;
      }),
    );
    for (const text of ['', '1e2', '60.5', ' ', 'an hour', '0x40']) expect(minutesFault(text)).toBeDefined();
  });

  it('names what is wrong with it, and leaves out what is empty', () => {
    const draft = { service: 'WAC', minutes: '60', purpose: ' ab ', reference: ' ', start: '' } as const;
    expect(Object.keys(leaseFaults(draft, now))).toEqual(['purpose']);
    const past = { ...draft, purpose: 'abc', start: '2020-01-01T10:00' };
    expect(leaseFaults(past, now).start).toContain('has passed');
    const far = { ...past, start: new Date(now + 40 * 86_400_000).toISOString().slice(0, 16) };
    expect(leaseFaults(far, now).start).toContain('14 days');
    expect(leaseWishes({ ...draft, purpose: ' disk ' })).toEqual({
      service: 'WAC',
      minutes: 60,
      purpose: 'disk',
    });
    const start = '2026-12-01T10:00';
    expect(leaseWishes({ ...draft, start }).notBefore).toBe(new Date(start).toISOString());
  });

  it('lengths are said as people say them', () => {
    expect([5, 30, 60, 90, 240].map(formatMinutes)).toEqual(['5 min', '30 min', '1 h', '1 h 30 min', '4 h']);
  });
});

describe('the way of a lease', () => {
  const way = (lease: LeaseReply) => leaseSteps(lease, now).map(({ state }) => state);

  it.each([
    ['requested', ['done', 'current', 'ahead', 'ahead']],
    ['approved', ['done', 'done', 'ahead', 'ahead']],
    ['active', ['done', 'done', 'current', 'ahead']],
    ['denied', ['done', 'stopped', 'ahead', 'ahead']],
  ] as const)('%s', (state, expected) => {
    const decision = { approved: state !== 'denied', by: operator, at: fromNow(0) };
    expect(way(sampleLease(0, { state, ...(state !== 'requested' && { decision }) }))).toEqual(expected);
  });

  it('one that ended says when and why, one that lapsed says that nobody decided', () => {
    const end = { at: fromNow(-1000), reason: 'revoked', by: operator } as const;
    expect(leaseSteps(sampleLease(0, { state: 'ended', end }), now).at(-1)?.note).toContain(
      `revoked by ${operator.name}`,
    );
    const { decision: _, ...lapsed } = sampleLease(0, { state: 'lapsed' });
    expect(leaseSteps(lapsed, now)[1]?.note).toContain('nobody decided');
  });

  it('what an approval opens is one sentence: who, where, how long, and the role where it comes with one', () => {
    const sentence = opensSentence(sampleLease(0), now);
    expect(sentence).toMatch(
      new RegExp(
        `^${operator.name} may connect to web-01 with Windows Admin Center for 1 h, from now until about .*\\.$`,
      ),
    );
    expect(opensSentence(sampleLease(0, { givesRole: true }), now)).toContain('removed at its end');
    const extension = { minutes: 30, purpose: 'more', requestedAt: fromNow(0) };
    const extended = sampleLease(0, { state: 'active', extensions: [extension] });
    expect(opensSentence(extended, now)).toContain('for 30 min more, until');
  });
});

describe('what leases mean for Connect', () => {
  const verdict = (
    machine: Parameters<typeof leasedVerdict>[0],
    required: boolean,
    leases: LeaseReply[] = [],
    givesRole = false,
  ) => leasedVerdict(machine, leaseStanding(policy(required, givesRole), leases, reader.id), now);

  it('requirement 94: a lease never stands in for the role', () => {
    const { may } = sampleMachine(0);
    const machine = sampleMachine(0, { may: { ...may, connect: noRight } });
    expect(verdict(machine, true).action).toBe('none');
    expect(verdict(machine, true, [ownLease(0, { state: 'active' })]).action).toBe('none');
    expect(verdict(machine, true, [], true).action).toBe('request');
  });

  it('with the role: asked for, waited for, begun', () => {
    const machine = sampleMachine(0);
    expect(verdict(machine, false).action).toBe('connect');
    expect(verdict(machine, true).action).toBe('request');
    expect(verdict(machine, true, [ownLease(0)]).sentence).toContain('waits');
    const later = ownLease(0, { state: 'approved', startsAt: fromNow(3_600_000) });
    expect(verdict(machine, true, [later]).sentence).toContain('begins');
    const active = ownLease(0, { state: 'active' });
    expect(verdict(machine, true, [later, active])).toMatchObject({
      action: 'connect',
      until: active.endsAt,
    });
  });

  it('others’ leases, those of SSH and those that are over count for nothing', () => {
    const machine = sampleMachine(0);
    const leases = [
      sampleLease(0, { state: 'active' }),
      ownLease(1, { state: 'active', service: 'SSH' }),
      ownLease(2, { state: 'ended' }),
    ];
    expect(verdict(machine, true, leases).action).toBe('request');
  });

  it('where nothing is installed no lease is asked for', () => {
    expect(verdict(bareMachine(0), true).action).toBe('install');
  });
});
