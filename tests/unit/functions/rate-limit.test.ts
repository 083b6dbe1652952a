import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { networkOf } from '#functions/http/network-of.ts';
import { createRateLimiter, limitsOf } from '#functions/http/rate-limit.ts';
import { defineRoute } from '#functions/http/route.ts';
import { readSettings } from '#functions/settings.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { callFunction, type HttpCall } from '../../support/function-app.ts';
import { createMemoryPorts, environment, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';

const startMs = Date.UTC(2026, 9, 1, 12);
let clock: ManualClock;
let memory: MemoryPorts;
let entered: string[];

const person = (id: string) => ({ id, name: id, tenantId, isApplication: false, roles: [] });
const common = { summary: '', replies: {} };
const answer = (name: string) => async () => {
  entered.push(name);
  return { status: 204 };
};
const define = (name: string, more: Partial<Parameters<typeof defineRoute>[1]>) =>
  defineRoute(
    () => memory.ports,
    { ...common, name, route: name, method: 'GET', audience: 'user', ...more },
    answer(name),
  );
define('read', {});
define('change', { method: 'PUT', body: z.strictObject({}) });
define('connectTo', { method: 'POST', limit: 'connects' });
define('export', { limit: 'exports', applications: true });
define('open', { audience: 'anonymous' });
define('ofProxies', { audience: 'proxy' });
defineRoute(
  () => memory.ports,
  { ...common, name: 'ofAgents', route: 'ofAgents', method: 'GET', audience: 'agent' },
  async () => {
    throw new AppError('agent_token_invalid', 'no agent');
  },
);

beforeEach(() => {
  clock = createManualClock(startMs);
  memory = createMemoryPorts(clock);
  entered = [];
  for (const id of ['one', 'other', 'proxy-identity']) memory.callers.set(id, person(id));
  memory.callers.set('program', { ...person('program'), isApplication: true });
  const perMinute = { ...limitsOf(memory.ports.settings), reads: 6, changes: 3, connects: 2, exports: 1 };
  memory.ports.limits = createRateLimiter({ ...perMinute, failures: 2, proxies: 4 }, clock.now);
});

const call = (name: string, token: string, more: HttpCall = {}) =>
  callFunction(name, { ...more, headers: { authorization: `Bearer ${token}`, ...more.headers } });

async function statuses(count: number, one: () => Promise<{ status: number }>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await one()).status);
  return found;
}

describe('the limit of calls', () => {
  it('lets a minute’s worth in at once, then one by one as time passes', async () => {
    expect(await statuses(8, () => call('read', 'one'))).toEqual([204, 204, 204, 204, 204, 204, 429, 429]);
    clock.advance(10_000);
    expect(await statuses(2, () => call('read', 'one'))).toEqual([204, 429]);
    clock.advance(60 * 60_000);
    expect(await statuses(7, () => call('read', 'one'))).toEqual([204, 204, 204, 204, 204, 204, 429]);
  });

  it('says which it is and when to come again', async () => {
    await statuses(6, () => call('read', 'one'));
    clock.advance(2500);
    const refused = await call('read', 'one');
    expect(refused.headers.get('retry-after')).toBe('8');
    expect(JSON.parse(String(refused.body))).toMatchObject({
      status: 429,
      code: 'too_many_requests',
      limit: 'reads',
      perMinute: 6,
      retryable: true,
    });
    clock.advance(8000);
    expect((await call('read', 'one')).status).toBe(204);
  });

  it('is of one caller: nobody else is held up', async () => {
    await statuses(7, () => call('read', 'one'));
    expect((await call('read', 'other')).status).toBe(204);
  });

  it('counts reads, changes, connects and exports apart', async () => {
    const body = { method: 'PUT', body: '{}' };
    expect(await statuses(4, () => call('change', 'one', body))).toEqual([204, 204, 204, 429]);
    expect(await statuses(3, () => call('connectTo', 'one', { method: 'POST' }))).toEqual([204, 204, 429]);
    expect(await statuses(2, () => call('export', 'one'))).toEqual([204, 429]);
    expect((await call('read', 'one')).status).toBe(204);
    expect(await statuses(5, () => call('ofProxies', 'proxy-identity'))).toEqual([204, 204, 204, 204, 429]);
  });

  it('comes before the body: what is too much is not read, however wrong it is', async () => {
    const wrong = { method: 'PUT', body: 'no json' };
    expect(await statuses(4, () => call('change', 'one', wrong))).toEqual([400, 400, 400, 429]);
  });

  it('holds for who may not call at all', async () => {
    const posted = { method: 'POST' };
    expect(await statuses(3, () => call('connectTo', 'program', posted))).toEqual([403, 403, 429]);
    expect(entered).toEqual([]);
  });

  it('does not hold for what is open to anyone', async () => {
    expect(new Set(await statuses(20, () => callFunction('open')))).toEqual(new Set([204]));
  });
});

describe('a refused sign-in', () => {
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('is counted by address, and answered 429 when there are too many', async () => {
    const refused = await statuses(3, () => call('read', 'stranger', from('192.0.2.1')));
    expect(refused).toEqual([401, 401, 429]);
    expect((await call('read', 'stranger', from('192.0.2.2'))).status).toBe(401);
    clock.advance(30_000);
    expect((await call('read', 'stranger', from('192.0.2.1'))).status).toBe(401);
  });

  it('keeps nobody out who has a good token, from the same address', async () => {
    await statuses(5, () => call('read', 'stranger', from('192.0.2.1')));
    expect((await call('read', 'one', from('192.0.2.1'))).status).toBe(204);
  });

  it('cannot be hidden behind addresses that the caller makes up', async () => {
    let made = 0;
    const refused = await statuses(3, () =>
      call('read', 'stranger', from(`10.0.0.${(made += 1)}, 192.0.2.1`)),
    );
    expect(refused).toEqual([401, 401, 429]);
  });

  it('of an agent counts as well', async () => {
    expect(await statuses(3, () => call('ofAgents', 'x', from('192.0.2.1')))).toEqual([401, 401, 429]);
  });
});

describe('the address that failures are counted by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['10.0.0.1, 192.0.2.1:4711', '192.0.2.1'],
    ['[2001:db8:1:2:3:4:5:6]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['unknown', 'unknown'],
    ['', 'unknown'],
  ])('of %j is %s', (forwarded, expected) => {
    expect(networkOf(new Headers({ 'x-forwarded-for': forwarded }))).toBe(expected);
  });
});

describe('a limiter', () => {
  const limits = limitsOf(readSettings({ ...environment }));

  it('keeps ten thousand callers of a kind, and forgets who was away longest', () => {
    const limiter = createRateLimiter({ ...limits, reads: 1 }, () => startMs);
    for (let index = 0; index < 10_000; index += 1) limiter.take('reads', `caller-${index}`);
    expect(() => limiter.take('reads', 'caller-0')).toThrow(AppError);
    limiter.take('reads', 'one more');
    expect(() => limiter.take('reads', 'caller-1')).toThrow(AppError);
    expect(() => limiter.take('reads', 'caller-0')).not.toThrow();
  });

  it('lets nothing pile up while a clock stands still, and forgives a clock that goes back', () => {
    let nowMs = startMs;
    const limiter = createRateLimiter({ ...limits, reads: 60 }, () => nowMs);
    for (let index = 0; index < 60; index += 1) limiter.take('reads', 'one');
    nowMs -= 60_000;
    expect(() => limiter.take('reads', 'one')).toThrow(AppError);
    nowMs += 61_000;
    expect(() => limiter.take('reads', 'one')).not.toThrow();
  });
});
