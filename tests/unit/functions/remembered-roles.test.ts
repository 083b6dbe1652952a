import { beforeEach, describe, expect, it } from 'vitest';
import { rememberRoles } from '#functions/remembered-roles.ts';
import type { EffectiveRoles } from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';

const none: EffectiveRoles = { grants: [], denials: [] };
let asked: string[];
let nowMs: number;
let answer: () => Promise<EffectiveRoles>;

const open = () =>
  rememberRoles(
    {
      rolesIn(principal, subscription) {
        asked.push(`${principal} ${subscription}`);
        return answer();
      },
    },
    () => nowMs,
  );

beforeEach(() => {
  asked = [];
  nowMs = 0;
  answer = async () => none;
});

describe('roles that were read', () => {
  it('are asked for once by callers who come together', async () => {
    const roles = open();
    await Promise.all([roles.rolesIn('u', 's'), roles.rolesIn('u', 's'), roles.rolesIn('u', 's')]);
    expect(asked).toEqual(['u s']);
  });

  it('requirement 96: are no older than a minute', async () => {
    const roles = open();
    await roles.rolesIn('u', 's');
    nowMs = 59_999;
    await roles.rolesIn('u', 's');
    expect(asked).toHaveLength(1);
    nowMs = 60_000;
    await roles.rolesIn('u', 's');
    expect(asked).toHaveLength(2);
  });

  it('are those of one principal in one subscription', async () => {
    const roles = open();
    await roles.rolesIn('u', 's');
    await roles.rolesIn('u', 't');
    await roles.rolesIn('v', 's');
    expect(asked).toEqual(['u s', 'u t', 'v s']);
  });

  it('are asked for again after a failure', async () => {
    const roles = open();
    answer = () => Promise.reject(new AppError('resource_manager_unavailable', 'no answer'));
    await expect(roles.rolesIn('u', 's')).rejects.toMatchObject({ code: 'access_undecided' });
    answer = async () => none;
    nowMs = 2_000;
    expect(await roles.rolesIn('u', 's')).toEqual({ ...none, readAt: 2_000 });
  });

  it('are forgotten, the oldest first, when there are ten thousand', async () => {
    const roles = open();
    await Promise.all(Array.from({ length: 10_001 }, (_, index) => roles.rolesIn(`u${index}`, 's')));
    asked = [];
    await roles.rolesIn('u10000', 's');
    expect(asked).toEqual([]);
    await roles.rolesIn('u0', 's');
    expect(asked).toEqual(['u0 s']);
  });
});
