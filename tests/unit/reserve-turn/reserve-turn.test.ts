import { describe, expect, it } from 'vitest';
import {
  createPlanner,
  day,
  hour,
  iso,
  issuedBy,
  limit,
  minute,
  plannedAuthority,
  start,
} from '../../support/planner.ts';

/** A planner whose authorities have one token each, back after an hour. */
function planner(...names: string[]) {
  const authorities = names.map((name) => plannedAuthority(name, [limit({ capacity: 1, refillMs: hour })]));
  return { ...createPlanner(authorities), authorities };
}
const granted = (authority: string, isReplacement = false) => ({
  granted: {
    authority,
    account: `https://${authority}.test/account/1`,
    isReplacement,
    since: expect.any(String) as string,
  },
});
const waitersOf = async ({ budgets }: { budgets: ReturnType<typeof planner>['budgets'] }, name: string) =>
  (await budgets.read(name)).waiters.map(({ machineId }) => machineId);

describe('a turn that is reserved', () => {
  it('is at the first authority that has a token', async () => {
    const { reserve } = planner('first', 'second');
    expect(await reserve('a')).toEqual(granted('first'));
    expect(await reserve('b')).toEqual(granted('second'));
  });

  it('is the same for a run that is repeated, and costs nothing more', async () => {
    const { reserve, budgets } = planner('first');
    await reserve('a');
    const before = await budgets.read('first');
    expect(await reserve('a')).toEqual(granted('first'));
    expect(await budgets.read('first')).toEqual(before);
  });

  it('is the same for a run that is repeated after the order was sent', async () => {
    const { reserve, settleTurn } = planner('first');
    await reserve('a');
    await settleTurn({ authority: 'first', reservation: 'issue-a', outcome: 'spent' });
    expect(await reserve('a')).toEqual(granted('first'));
  });

  it('is at an authority that issues for who holds the key', async () => {
    const integrated = plannedAuthority('integrated', [], ['vault']);
    const { reserve } = createPlanner([integrated, plannedAuthority('acme', [])]);
    expect(await reserve('a', { custody: 'machine' })).toEqual(granted('acme'));
    expect(await reserve('b', { custody: 'vault' })).toEqual(granted('integrated'));
    await expect(createPlanner([integrated]).reserve('a', { custody: 'machine' })).rejects.toMatchObject({
      code: 'configuration_incomplete',
    });
  });

  it('is not at an authority that failed this issue', async () => {
    const { reserve, settleTurn } = planner('first', 'second');
    await reserve('a');
    await settleTurn({ authority: 'first', reservation: 'issue-a', outcome: 'spent' });
    expect(await reserve('a', {}, { passOver: ['first'] })).toEqual(granted('second'));
  });

  it('replaces only at the authority and account that issued the leaf in service', async () => {
    const limits = [limit({ capacity: 1, refillMs: day, freeForReplacements: true })];
    const [own, other] = [plannedAuthority('own', limits), plannedAuthority('other', limits)];
    const ask = (replaces: ReturnType<typeof issuedBy>) =>
      createPlanner([own]).reserve('a', { urgency: 'renewal' }, { replaces });
    expect(await ask(issuedBy(own))).toEqual(granted('own', true));
    expect(await ask(issuedBy(own, 2))).toEqual(granted('own', false));
    expect(await ask(issuedBy(other))).toEqual(granted('own', false));
  });

  it('replaces for nothing, whatever was spent', async () => {
    const own = plannedAuthority('own', [limit({ capacity: 1, refillMs: day, freeForReplacements: true })]);
    const { reserve } = createPlanner([own]);
    await reserve('a');
    expect(await reserve('b')).toHaveProperty('plan');
    expect(await reserve('c', { urgency: 'renewal' }, { replaces: issuedBy(own) })).toEqual(
      granted('own', true),
    );
  });
});

describe('a turn that is to come', () => {
  it('has a date, an authority and a reason', async () => {
    const { reserve } = planner('only');
    await reserve('a');
    expect(await reserve('b')).toEqual({
      plan: {
        authority: 'only',
        turnAt: iso(start + hour),
        ahead: 0,
        reason: 'Orders: 1 at once and one more every 60 min.',
      },
    });
  });

  it('is granted when its date comes', async () => {
    const { reserve, settleTurn, clock } = planner('only');
    await reserve('a');
    await settleTurn({ authority: 'only', reservation: 'issue-a', outcome: 'spent' });
    await reserve('b');
    clock.advance(hour - 1);
    expect(await reserve('b')).toHaveProperty('plan');
    clock.advance(1);
    expect(await reserve('b')).toEqual(granted('only'));
  });

  it('is waited for at one authority alone, the one with the earliest turn', async () => {
    const subject = planner('first', 'second');
    const { reserve, settleTurn, clock } = subject;
    await reserve('a');
    await settleTurn({ authority: 'first', reservation: 'issue-a', outcome: 'spent' });
    clock.advance(minute);
    await reserve('b');
    expect(await reserve('c')).toMatchObject({ plan: { authority: 'first' } });
    await reserve('c', {}, { passOver: ['first'] });
    // The turn is at the second now: the machine left the first queue, and keeps its place.
    expect(await waitersOf(subject, 'first')).toEqual([]);
    expect(await waitersOf(subject, 'second')).toEqual(['c']);
  });

  it('is behind urgent renewals and installs, in this order', async () => {
    const { reserve, settleTurn, clock } = planner('only');
    await reserve('z');
    await settleTurn({ authority: 'only', reservation: 'issue-z', outcome: 'spent' });
    const leaf = { notBefore: iso(start - 80 * day), notAfter: iso(start + 10 * day) };
    await reserve('renewal', { urgency: 'renewal' });
    await reserve('install');
    await reserve('urgent', { urgency: 'urgent', leaf });
    const order: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(hour);
      for (const [id, request] of [
        ['renewal', { urgency: 'renewal' }],
        ['install', {}],
        ['urgent', { urgency: 'urgent', leaf }],
      ] as const) {
        if (order.includes(id)) continue;
        if (!('granted' in (await reserve(id, request)))) continue;
        order.push(id);
        await settleTurn({ authority: 'only', reservation: `issue-${id}`, outcome: 'spent' });
      }
    }
    expect(order).toEqual(['urgent', 'install', 'renewal']);
  });

  it('is nobody’s any more after the machine left the queues', async () => {
    const subject = planner('only');
    await subject.reserve('a');
    await subject.reserve('b');
    await subject.leaveQueue({ machineId: 'b' });
    await subject.leaveQueue({ machineId: 'b' });
    expect(await waitersOf(subject, 'only')).toEqual([]);
  });

  it('leaves no place behind when it is granted', async () => {
    const subject = planner('first', 'second');
    await subject.reserve('a');
    await subject.reserve('b');
    await subject.reserve('c');
    await subject.settleTurn({ authority: 'second', reservation: 'issue-b', outcome: 'released' });
    expect(await subject.reserve('c')).toEqual(granted('second'));
    expect([await waitersOf(subject, 'first'), await waitersOf(subject, 'second')]).toEqual([[], []]);
  });
});

describe('a reservation that is settled', () => {
  it('as released gives its tokens to the next, once', async () => {
    const own = plannedAuthority('own', [
      limit({ capacity: 1, refillMs: hour }),
      limit({ id: 'per-machine', scope: 'machine', capacity: 1, refillMs: day }),
    ]);
    const { reserve, settleTurn } = createPlanner([own]);
    const release = () => settleTurn({ authority: 'own', reservation: 'issue-a', outcome: 'released' });
    expect(await reserve('a')).toHaveProperty('granted');
    await release();
    expect(await reserve('a')).toHaveProperty('granted');
    await release();
    await release();
    expect(await reserve('b')).toHaveProperty('granted');
    await release();
    expect(await reserve('c')).toHaveProperty('plan');
  });

  it('as spent gives nothing back later', async () => {
    const { reserve, settleTurn } = planner('only');
    await reserve('a');
    await settleTurn({ authority: 'only', reservation: 'issue-a', outcome: 'spent' });
    await settleTurn({ authority: 'only', reservation: 'issue-a', outcome: 'released' });
    expect(await reserve('b')).toHaveProperty('plan');
  });

  it('that nobody knows is nothing to settle', async () => {
    const { settleTurn, budgets } = planner('only');
    await settleTurn({ authority: 'only', reservation: 'none', outcome: 'released' });
    await settleTurn({ authority: 'gone', reservation: 'none', outcome: 'spent' });
    expect(await budgets.read('only')).toEqual({ buckets: [], waiters: [], etag: undefined });
  });
});
