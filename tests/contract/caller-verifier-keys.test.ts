import { beforeEach, describe, expect, it } from 'vitest';
import { type CallerVerifier, createCallerVerifier } from '#functions/http/authorization.ts';
import { readSettings } from '#functions/settings.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { environment } from '../support/memory-ports.ts';
import {
  jwkOf,
  type KeyPair,
  makeToken,
  personClaims,
  personId,
  published,
  unpublished,
} from '../support/token-forge.ts';

const startMs = Date.UTC(2026, 9, 1, 12);
const minute = 60_000;
const settings = readSettings({ ...environment });

let clock: ManualClock;
let verifier: CallerVerifier;
/** What the sign-in service publishes; a failure where it does not answer. */
let keys: readonly unknown[] | Error;
let readings: number;

beforeEach(() => {
  clock = createManualClock(startMs);
  keys = [jwkOf(published, 'k1')];
  readings = 0;
  verifier = createCallerVerifier(
    settings,
    () => new Date(clock.now()),
    async () => {
      readings += 1;
      if (keys instanceof Error) throw keys;
      return { keys };
    },
  );
});

const tokenBy = (key: KeyPair, kid: string) =>
  makeToken(personClaims(clock.now() / 1000), { key, header: { kid } });
const verify = (key: KeyPair = published, kid = 'k1') => verifier.verify(tokenBy(key, kid));
const unknownKey = (kid = 'k9') => verify(unpublished, kid);

const good = { id: personId };
const invalid = { code: 'token_invalid' };
const unavailable = { code: 'sign_in_unavailable' };
const away = new Error('ECONNREFUSED');

describe('a key of the sign-in service', () => {
  it('that is new is looked up at once', async () => {
    await verify();
    clock.advance(minute);
    keys = [jwkOf(published, 'k1'), jwkOf(unpublished, 'k2')];
    await expect(verify(unpublished, 'k2')).resolves.toMatchObject(good);
    await expect(verify()).resolves.toMatchObject(good);
    expect(readings).toBe(2);
  });

  it('that nobody knows is looked up twice a minute at most, however many are made up', async () => {
    await verify();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      const calls = Array.from({ length: 20 }, (_, index) => unknownKey(`made-up-${second}-${index}`));
      for (const outcome of await Promise.allSettled(calls))
        expect(outcome).toMatchObject({ status: 'rejected', reason: invalid });
    }
    expect(readings).toBe(3);
  });

  it('is read once by all who come together', async () => {
    await Promise.all(Array.from({ length: 50 }, () => verify()));
    expect(readings).toBe(1);
  });

  it('is read again while it is used, and nobody waits for that', async () => {
    await verify();
    clock.advance(6 * minute);
    await verify();
    clock.advance(9 * minute);
    keys = away;
    await expect(verify()).resolves.toMatchObject(good);
    expect(readings).toBe(3);
  });

  it('that was withdrawn is refused ten minutes later at the latest', async () => {
    await verify();
    keys = [jwkOf(unpublished, 'k2')];
    clock.advance(10 * minute);
    await expect(verify()).rejects.toMatchObject(invalid);
    await expect(verify(unpublished, 'k2')).resolves.toMatchObject(good);
  });

  it('that is known goes on for an hour while the sign-in service does not answer, and not longer', async () => {
    await verify();
    keys = away;
    clock.advance(59 * minute);
    await expect(verify()).resolves.toMatchObject(good);
    clock.advance(minute);
    await expect(verify()).rejects.toMatchObject(unavailable);
    keys = [jwkOf(published, 'k1')];
    clock.advance(minute);
    await expect(verify()).resolves.toMatchObject(good);
  });

  it('that is not known is no forgery while nobody can look: the sign-in service is away', async () => {
    await verify();
    keys = away;
    clock.advance(minute);
    await expect(unknownKey()).rejects.toMatchObject(unavailable);
    await expect(unknownKey()).rejects.toMatchObject(unavailable);
    await expect(verify()).resolves.toMatchObject(good);
    expect(readings).toBe(2);
  });

  it('is asked for every five seconds at most while none is known', async () => {
    keys = away;
    for (let second = 0; second < 20; second += 1) {
      await expect(verify()).rejects.toMatchObject(unavailable);
      clock.advance(1000);
    }
    expect(readings).toBe(4);
    keys = [jwkOf(published, 'k1')];
    await expect(verify()).resolves.toMatchObject(good);
  });

  it('is looked up although the clock was set back', async () => {
    let nowMs = startMs;
    const moved = createCallerVerifier(
      settings,
      () => new Date(nowMs),
      async () => ({ keys }),
    );
    const token = (kid: string, key: KeyPair) =>
      makeToken(personClaims(nowMs / 1000), { key, header: { kid } });
    await moved.verify(token('k1', published));
    nowMs -= 60 * minute;
    keys = [jwkOf(unpublished, 'k2')];
    await expect(moved.verify(token('k2', unpublished))).resolves.toMatchObject(good);
  });

  it.each<[string, readonly unknown[]]>([
    ['an empty set', []],
    ['no keys', ['k1']],
  ])('is not forgotten for an answer with %s', async (_, answer) => {
    await verify();
    keys = answer;
    clock.advance(11 * minute);
    await expect(verify()).resolves.toMatchObject(good);
  });
});
