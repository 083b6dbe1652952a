import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
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

const unavailable = new AppError('certificate_authority_unavailable', 'It does not answer.');

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

describe('a refusal for one limit', () => {
  const limits = [
    limit({ id: 'zone', capacity: 50, refusal: 'for the domain', freeForReplacements: true }),
    limit({ id: 'own', capacity: 5, scope: 'machine', refusal: 'exact set', freeForReplacements: true }),
  ];
  const refuse = async (detail: string, reservation = 'issue-a') => {
    const own = plannedAuthority('own', limits);
    const { reserve, settleTurn, closeAuthority, budgets } = createPlanner([own]);
    await reserve('a');
    await settleTurn({ authority: 'own', reservation: 'issue-a', outcome: 'released' });
    const trouble = { reason: 'rate-limited', detail, retryAfterMs: 30 * hour } as const;
    const closed = await closeAuthority({ authority: 'own', reservation, ...trouble });
    expect(closed).toEqual({ until: iso(start + 30 * hour) });
    return { reserve, budgets, replaces: issuedBy(own) };
  };
  const inThirtyHours = { plan: { turnAt: iso(start + 30 * hour) } };

  it('of the machine’s own names keeps back that machine alone', async () => {
    const { reserve } = await refuse('too many for this exact set');
    expect(await reserve('a')).toMatchObject(inThirtyHours);
    expect(await reserve('b')).toEqual(granted('own'));
  });

  it('of the zone keeps back all who need it, and no replacement', async () => {
    const { reserve, replaces } = await refuse('too many for the domain');
    expect(await reserve('b')).toMatchObject(inThirtyHours);
    expect(await reserve('c', { urgency: 'renewal' }, { replaces })).toEqual(granted('own', true));
  });

  it.each([
    ['words that nobody knows', 'slow down', 'issue-a'],
    ['an order that nobody knows', 'too many for the domain', 'none'],
  ])('in %s closes the authority', async (_, detail, reservation) => {
    const { reserve, budgets, replaces } = await refuse(detail, reservation);
    expect((await budgets.read('own')).closure).toMatchObject({ until: iso(start + 30 * hour) });
    expect(await reserve('c', {}, { replaces })).toMatchObject(inThirtyHours);
  });
});

describe('an authority that is closed', () => {
  it('is passed over until it opens', async () => {
    const { reserve, closeAuthority, clock } = planner('first', 'second');
    const closed = await closeAuthority({ authority: 'first', reason: 'outage', detail: 'No answer.' });
    expect(closed).toEqual({ until: iso(start + 5 * minute) });
    expect(await reserve('a')).toEqual(granted('second'));
    clock.advance(5 * minute);
    expect(await reserve('b')).toEqual(granted('first'));
  });

  it('is not asked for its account', async () => {
    const { reserve, closeAuthority, authorities } = planner('first', 'second');
    await closeAuthority({ authority: 'first', reason: 'outage', detail: 'No answer.' });
    await reserve('a');
    expect(authorities.map(({ accountsAsked }) => accountsAsked)).toEqual([0, 1]);
  });

  it.each([
    ['certificate_authority_unavailable', 'outage'],
    ['certificate_rate_limited', 'rate-limited'],
    ['certificate_order_refused', 'refused'],
  ] as const)('became so because asking for the account failed with %s', async (code, reason) => {
    const { reserve, authorities, budgets } = planner('first', 'second');
    const [first] = authorities;
    if (first) first.trouble = new AppError(code, 'No account.', { retryAfterMs: 2 * hour });
    expect(await reserve('a')).toEqual(granted('second'));
    expect((await budgets.read('first')).closure).toEqual({
      until: iso(start + 2 * hour),
      reason,
      detail: 'No account.',
      count: 1,
    });
  });

  it('is not what a failure of our own vault makes it', async () => {
    const { reserve, authorities, budgets } = planner('first', 'second');
    const [first] = authorities;
    if (first) first.trouble = new AppError('store_unavailable', 'The vault does not answer.');
    await expect(reserve('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect((await budgets.read('first')).closure).toBeUndefined();
  });

  it('forgets how often, after a day without trouble', async () => {
    const { closeAuthority, clock } = planner('only');
    const trouble = { authority: 'only', reason: 'outage', detail: 'No answer.' } as const;
    const close = async () => (Date.parse((await closeAuthority(trouble)).until) - clock.now()) / minute;
    expect(await close()).toBe(5);
    clock.advance(hour);
    expect(await close()).toBe(10);
    clock.advance(25 * hour);
    expect(await close()).toBe(5);
  });

  it('has a date when there is no other', async () => {
    const { reserve, authorities } = planner('first', 'second');
    for (const authority of authorities) authority.trouble = unavailable;
    expect(await reserve('a')).toEqual({
      plan: {
        authority: 'first',
        turnAt: iso(start + 5 * minute),
        ahead: 0,
        reason: `The authority takes no orders until ${iso(start + 5 * minute)} (outage): It does not answer.`,
      },
    });
  });

  it('is waited for by an issue that it failed when nobody opens earlier', async () => {
    const { reserve, closeAuthority } = planner('first', 'second');
    await closeAuthority({ authority: 'first', reason: 'outage', detail: 'No answer.' });
    const long = { reason: 'forbidden by CAA', detail: 'No.', retryAfterMs: day } as const;
    await closeAuthority({ authority: 'second', ...long });
    const plan = { plan: { authority: 'first', turnAt: iso(start + 5 * minute) } };
    expect(await reserve('a', {}, { passOver: ['first'] })).toMatchObject(plan);
    expect(await reserve('a', {}, { passOver: ['first', 'second'] })).toMatchObject(plan);
  });

  it('or not: an issue that all have failed comes back in five minutes', async () => {
    const { reserve } = planner('first');
    expect(await reserve('a', {}, { passOver: ['first'] })).toMatchObject({
      plan: { authority: 'first', turnAt: iso(start + 5 * minute), ahead: 0 },
    });
  });
});
