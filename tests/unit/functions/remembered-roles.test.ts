import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asUndecided, type KnownRoles, rememberRoles } from '#functions/remembered-roles.ts';
import type { EffectiveRoles } from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';

const none: EffectiveRoles = { grants: [], denials: [] };
const silence = () => new AppError('resource_manager_unavailable', 'no answer');
let asked: string[];
let nowMs: number;
let answer: () => Promise<EffectiveRoles>;
let roles: KnownRoles;

beforeEach(() => {
  asked = [];
  nowMs = 0;
  answer = async () => none;
  roles = rememberRoles(
    {
      rolesIn(principal, subscription) {
        asked.push(`${principal} ${subscription}`);
        return answer();
      },
    },
    () => nowMs,
  );
});
afterEach(() => vi.useRealTimers());

/** An answer of Azure Resource Manager that comes when the test says so. */
function hold() {
  const { promise, resolve, reject } = Promise.withResolvers<EffectiveRoles>();
  answer = () => promise;
  return { resolve, reject };
}

describe('roles that were read', () => {
  it('are asked for once by callers who come together', async () => {
    const { resolve } = hold();
    const all = Array.from({ length: 100 }, (_, index) => roles.rolesIn('u', index % 2 ? 'S' : 's'));
    resolve(none);
    const found = await Promise.all(all);
    expect(asked).toEqual(['u s']);
    expect(new Set(found).size).toBe(1);
  });

  it('requirement 96: are no older than a minute', async () => {
    await roles.rolesIn('u', 's');
    nowMs = 59_999;
    await roles.rolesIn('u', 's');
    expect(asked).toHaveLength(1);
    nowMs = 60_000;
    expect(await roles.rolesIn('u', 's')).toEqual({ ...none, readAt: 60_000 });
    expect(asked).toHaveLength(2);
  });

  it('are as young as they are asked for, and never older than a minute', async () => {
    await roles.rolesIn('u', 's');
    nowMs = 1_999;
    await roles.rolesIn('u', 's', 2_000);
    expect(asked).toHaveLength(1);
    nowMs = 2_000;
    await roles.rolesIn('u', 's', 2_000);
    expect(asked).toHaveLength(2);
    nowMs = 62_000;
    await roles.rolesIn('u', 's', 3_600_000);
    expect(asked).toHaveLength(3);
  });

  it('count their age from the beginning of the reading', async () => {
    const { resolve } = hold();
    const slow = roles.rolesIn('u', 's');
    nowMs = 50_000;
    resolve(none);
    expect(await slow).toEqual({ ...none, readAt: 0 });
    nowMs = 60_000;
    await roles.rolesIn('u', 's');
    expect(asked).toHaveLength(2);
  });

  it('are not young because the clock was set back', async () => {
    nowMs = 1_000_000;
    await roles.rolesIn('u', 's');
    nowMs = 0;
    await roles.rolesIn('u', 's');
    expect(asked).toHaveLength(2);
  });

  it('are those of one principal in one subscription', async () => {
    await roles.rolesIn('u', 's');
    await roles.rolesIn('u', 't');
    await roles.rolesIn('v', 's');
    expect(asked).toEqual(['u s', 'u t', 'v s']);
  });

  it('are not asked for twice at a time, though the reading under way began too early', async () => {
    const { resolve } = hold();
    const first = roles.rolesIn('u', 's');
    nowMs = 5_000;
    const later = [roles.rolesIn('u', 's', 2_000), roles.rolesIn('u', 's', 2_000)];
    await Promise.resolve();
    expect(asked).toHaveLength(1);
    resolve(none);
    expect((await first).readAt).toBe(0);
    expect((await Promise.all(later)).map(({ readAt }) => readAt)).toEqual([5_000, 5_000]);
    expect(asked).toHaveLength(2);
  });

  it('are forgotten, those that were used longest ago first, when there are ten thousand', async () => {
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => roles.rolesIn(`u${index}`, 's')));
    await roles.rolesIn('u0', 's');
    await roles.rolesIn('u10000', 's');
    asked = [];
    await roles.rolesIn('u10000', 's');
    await roles.rolesIn('u0', 's');
    expect(asked).toEqual([]);
    await roles.rolesIn('u1', 's');
    expect(asked).toEqual(['u1 s']);
  });
});

describe('an event of ours', () => {
  it('drops what is known of a principal, in every subscription and in any case, and of nobody else', async () => {
    for (const principal of ['u', 'v']) await roles.rolesIn(principal, 's');
    await roles.rolesIn('u', 't');
    roles.forget('U');
    asked = [];
    for (const principal of ['u', 'v']) await roles.rolesIn(principal, 's');
    await roles.rolesIn('u', 't');
    expect(asked).toEqual(['u s', 'u t']);
  });

  it('drops everything when it names nobody', async () => {
    for (const principal of ['u', 'v']) await roles.rolesIn(principal, 's');
    roles.forget();
    for (const principal of ['u', 'v']) await roles.rolesIn(principal, 's');
    expect(asked).toHaveLength(4);
  });

  it('is not undone by a reading that was under way', async () => {
    const { resolve } = hold();
    const before = roles.rolesIn('u', 's');
    roles.forget('u');
    const changed = { grants: [], denials: [{ scope: '/', permissions: [] }] };
    answer = async () => changed;
    expect(await roles.rolesIn('u', 's')).toMatchObject(changed);
    resolve(none);
    await before;
    expect(await roles.rolesIn('u', 's')).toMatchObject(changed);
    expect(asked).toHaveLength(2);
  });
});

describe('when Azure Resource Manager does not say', () => {
  it('what it said within the minute holds, and after that nobody is let in', async () => {
    await roles.rolesIn('u', 's');
    answer = () => Promise.reject(silence());
    nowMs = 59_999;
    expect(await roles.rolesIn('u', 's')).toMatchObject(none);
    nowMs = 60_000;
    await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({
      code: 'access_undecided',
      isRetryable: true,
    });
  });

  it('who wants younger roles than there are is refused, and the older ones stay', async () => {
    await roles.rolesIn('u', 's');
    answer = () => Promise.reject(silence());
    nowMs = 10_000;
    await expect(roles.rolesIn('u', 's', 2_000)).rejects.toMatchObject({ code: 'access_undecided' });
    expect(await roles.rolesIn('u', 's')).toEqual({ ...none, readAt: 0 });
  });

  it('nobody asks it again for two seconds, and then somebody does', async () => {
    answer = () => Promise.reject(silence());
    for (nowMs of [0, 1, 1_999])
      await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({ code: 'access_undecided' });
    expect(asked).toHaveLength(1);
    answer = async () => none;
    nowMs = 2_000;
    expect(await roles.rolesIn('u', 's')).toEqual({ ...none, readAt: 2_000 });
  });

  it.each([
    ['as long as it asked for', 20_000, 20_000],
    ['a minute at most', 3_600_000, 60_000],
  ])('nobody troubles it %s', async (_, retryAfterMs, restsMs) => {
    answer = () => Promise.reject(new AppError('resource_manager_unavailable', '429', { retryAfterMs }));
    await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({ retryAfterMs });
    nowMs = restsMs - 1;
    await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({ code: 'access_undecided' });
    expect(asked).toHaveLength(1);
    nowMs = restsMs;
    await expect(roles.rolesIn('u', 's')).rejects.toThrow('429');
    expect(asked).toHaveLength(2);
  });

  it('an answer that takes ten seconds is none, and all who wait for it are told', async () => {
    vi.useFakeTimers();
    hold();
    const waiting = Promise.allSettled([roles.rolesIn('u', 's'), roles.rolesIn('u', 's')]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await waiting).toMatchObject([
      { reason: { code: 'access_undecided' } },
      { reason: { code: 'access_undecided' } },
    ]);
    expect(asked).toHaveLength(1);
  });

  it.each([401, 403])('that the app may not read roles has a name of its own: %i', async (armStatus) => {
    answer = () => Promise.reject(new AppError('resource_manager_refused', 'no', { facts: { armStatus } }));
    await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({
      code: 'roles_unreadable',
      isRetryable: false,
      facts: { armStatus },
    });
  });

  it('any other failure is what it is', () => {
    const gone = new AppError('resource_manager_refused', 'no', { facts: { armStatus: 404 } });
    const fault = new Error('a fault of ours');
    expect([asUndecided(gone), asUndecided(fault)]).toEqual([gone, fault]);
  });
});
