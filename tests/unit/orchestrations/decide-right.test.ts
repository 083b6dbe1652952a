import { beforeEach, describe, expect, it } from 'vitest';
import { type KnownRoles, rememberRoles } from '#functions/remembered-roles.ts';
import { decideRight } from '#orchestrations/decide-right.ts';
import { decideAccess, type EffectiveRoles } from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';
import { grant, resourceId } from '../../support/sample-machine.ts';

const stranger: EffectiveRoles = { grants: [], denials: [] };
const reader: EffectiveRoles = { grants: [grant('Reader', { actions: ['*/read'] })], denials: [] };
const target = { principalId: 'u', subscriptionId: 's', resourceId };
let nowMs: number;
let readings: number;
let answer: () => EffectiveRoles;
let roles: KnownRoles;

beforeEach(() => {
  nowMs = 0;
  readings = 0;
  answer = () => stranger;
  roles = rememberRoles(
    {
      async rolesIn() {
        readings += 1;
        return answer();
      },
    },
    () => nowMs,
  );
});

const maySee = async () =>
  (await decideRight(roles, target, (held) => decideAccess(held, 'arc', 'see'))).decision.allowed;

describe('a refusal', () => {
  it('is asked for again when it is two seconds old: what was just given works at once', async () => {
    expect(await maySee()).toBe(false);
    answer = () => reader;
    nowMs = 1_999;
    expect(await maySee()).toBe(false);
    nowMs = 2_000;
    expect(await maySee()).toBe(true);
    expect(readings).toBe(2);
  });

  it('costs one reading in two seconds, however often it is given', async () => {
    for (nowMs = 0; nowMs < 10_000; nowMs += 100)
      expect(await Promise.all([maySee(), maySee()])).toEqual([false, false]);
    expect(readings).toBe(5);
  });

  it('stands on what is known where nobody answers, until that is a minute old', async () => {
    await maySee();
    answer = () => {
      throw new AppError('resource_manager_unavailable', 'no answer');
    };
    nowMs = 59_999;
    expect(await maySee()).toBe(false);
    nowMs = 62_000;
    await expect(maySee()).rejects.toMatchObject({ code: 'access_undecided' });
  });

  it('is no cover for a fault of ours', async () => {
    await maySee();
    answer = () => {
      throw new Error('a fault');
    };
    nowMs = 2_000;
    await expect(maySee()).rejects.toThrow('a fault');
  });
});

describe('a right that is given', () => {
  it('is not asked for again within the minute, and ends with it', async () => {
    answer = () => reader;
    expect(await maySee()).toBe(true);
    answer = () => stranger;
    nowMs = 59_999;
    expect(await maySee()).toBe(true);
    expect(readings).toBe(1);
    nowMs = 60_000;
    expect(await maySee()).toBe(false);
  });
});
