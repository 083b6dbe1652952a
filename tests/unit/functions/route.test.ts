import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute, type RouteCall } from '#functions/http/route.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { callFunction, type HttpCall } from '../../support/function-app.ts';
import { createMemoryPorts, tenantId } from '../../support/memory-ports.ts';

const memory = createMemoryPorts(createManualClock(0));
const user = { id: 'u1', name: 'admin@example.test', tenantId, isApplication: false, roles: [] };
memory.callers.set('user-token', user);
memory.callers.set('proxy-token', { ...user, id: 'proxy-identity', isApplication: true });

const schema = z.strictObject({
  port: z.number().int('must be a whole number'),
  nested: z.strictObject({ name: z.string() }).optional(),
});
let seen: RouteCall<unknown> | undefined;
let outcome: () => object = () => ({});

/** Routes of every kind, with a handler that says what it was given. */
const provider = () => memory.ports;
const common = { summary: '', replies: {} };
defineRoute(
  provider,
  { ...common, name: 'open', method: 'GET', route: 'open', audience: 'anonymous' },
  async (call) => {
    seen = call;
    return { body: outcome() };
  },
);
defineRoute(
  provider,
  { ...common, name: 'write', method: 'PUT', route: 'write/{id}', audience: 'user', body: schema },
  async (call) => {
    seen = call;
    return { status: 202, headers: { location: '/x' }, body: { got: call.body } };
  },
);
defineRoute(
  provider,
  { ...common, name: 'bare', method: 'POST', route: 'bare', audience: 'user' },
  async (call) => {
    seen = call;
    return { status: 204 };
  },
);
defineRoute(
  provider,
  { ...common, name: 'proxies', method: 'GET', route: 'proxies', audience: 'proxy' },
  async () => ({
    body: { secret: true },
  }),
);

const bearer = { authorization: 'Bearer user-token' };
const write = (call: HttpCall) =>
  callFunction('write', { method: 'PUT', ...call, headers: { ...bearer, ...call.headers } });

describe('a body', () => {
  it('is parsed and given to the handler with its bytes', async () => {
    const body = '{ "port": 6516 }';
    const answer = await write({ body, params: { id: 'm1' } });
    expect(answer).toMatchObject({ status: 202, body: { got: { port: 6516 } } });
    expect(answer.headers.get('location')).toBe('/x');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(seen?.bytes ?? []).toString()).toBe(body);
    expect(seen?.parameter('id')).toBe('m1');
    expect(seen?.caller).toEqual(user);
  });

  it.each([
    ['{"port":1,"port":2}', 'port'],
    [String.raw`{"port":1,"\u0070ort":2}`, 'port'],
    ['{"port":1,"nested":{"name":"a","name":"a"}}', 'nested.name'],
  ])('that says a thing twice is refused, by whatever spelling: %s', async (body, field) => {
    const answer = await write({ body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(String(answer.body))).toMatchObject({ errors: [{ field, message: 'is there twice' }] });
  });

  it('without Content-Length is 411', async () => {
    const answer = await write({ body: '{"port":1}', headers: { 'content-length': '' } });
    expect(answer).toMatchObject({ status: 411, body: expect.stringContaining('length_required') });
  });

  it('that is chunked is 411 even where none is expected', async () => {
    const chunked = { ...bearer, 'transfer-encoding': 'chunked' };
    expect(await callFunction('bare', { method: 'POST', headers: chunked })).toMatchObject({ status: 411 });
    expect(await callFunction('bare', { method: 'POST', headers: bearer })).toMatchObject({ status: 204 });
  });

  it.each([
    ['that says so', { body: '{}', headers: { 'content-length': '65537' } }],
    ['that does not say so', { body: `"${'x'.repeat(65_536)}"`, headers: { 'content-length': '2' } }],
  ])('of more than 64 KiB %s is 413', async (_, call) => {
    expect(await write(call)).toMatchObject({
      status: 413,
      body: expect.stringMatching(/body_too_large.*65536|65536.*body_too_large/),
    });
  });

  it('of exactly 64 KiB is read', async () => {
    const body = JSON.stringify({ port: 1, nested: { name: '' } });
    const filled = body.replace('""', `"${'x'.repeat(65_536 - body.length)}"`);
    expect(Buffer.byteLength(filled)).toBe(65_536);
    expect(await write({ body: filled })).toMatchObject({ status: 202 });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data'])(
    'of type %s is 415',
    async (type) => {
      const answer = await write({ body: '{"port":1}', headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 415, body: expect.stringContaining(type) });
    },
  );

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/merge-patch+json',
  ])('of type %s is read', async (type) => {
    expect(await write({ body: '{"port":1}', headers: { 'content-type': type } })).toMatchObject({
      status: 202,
    });
  });

  it.each<[string, string | Uint8Array, string[]]>([
    ['an unknown field', '{"port":1,"prot":2}', ['prot']],
    ['an unknown field inside', '{"port":1,"nested":{"name":"x","y":1}}', ['nested.y']],
    ['a field of another type', '{"port":"6516"}', ['port']],
    ['several faults', '{"port":1.5,"x":1}', ['port', 'x']],
    ['a field that is missing', '{}', ['port']],
    ['nothing in it', '', ['port']],
    ['a list', '[]', ['(body)']],
    ['broken JSON', '{"port":', ['(body)']],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), ['(body)']],
  ])('with %s is 400 and names it', async (_, body, fields) => {
    const answer = await write({ body });
    const told = JSON.parse(String(answer.body)) as {
      code: string;
      errors: { field: string; message: string }[];
    };
    expect(answer.status).toBe(400);
    expect(told.code).toBe('invalid_request');
    expect(told.errors.map(({ field }) => field).toSorted()).toEqual(fields);
    expect(told.errors.every(({ message }) => message.length > 5)).toBe(true);
  });

  it('of a GET is not looked at', async () => {
    expect(await callFunction('open', { headers: { 'content-length': '99999999' } })).toMatchObject({
      status: 200,
    });
  });
});

describe('a caller', () => {
  it.each([
    ['no token', {}, 'token_missing'],
    ['a token of another scheme', { authorization: 'Basic dTpw' }, 'token_missing'],
    ['an unknown token', { authorization: 'Bearer stranger' }, 'token_invalid'],
    ['a token with a space', { authorization: 'Bearer user-token x' }, 'token_missing'],
  ])('with %s is 401', async (_, headers, code) => {
    const answer = await callFunction('bare', { method: 'POST', headers });
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining(code) });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is checked before the body is read', async () => {
    const answer = await callFunction('write', { method: 'PUT', body: 'no json' });
    expect(answer.status).toBe(401);
  });

  it('who is no proxy gets nothing that is for the proxies', async () => {
    const refused = await callFunction('proxies', { headers: bearer });
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('access_denied') });
    const proxy = { authorization: 'bearer proxy-token' };
    expect(await callFunction('proxies', { headers: proxy })).toMatchObject({ body: { secret: true } });
  });
});

describe('a handler', () => {
  it('that fails with one of our errors answers its problem and logs a line', async () => {
    outcome = () => {
      throw new AppError('endpoint_in_use', 'the endpoint is used by SSH', { facts: { services: ['SSH'] } });
    };
    const answer = await callFunction('open');
    expect(answer.status).toBe(409);
    expect(JSON.parse(String(answer.body))).toMatchObject({ code: 'endpoint_in_use', services: ['SSH'] });
    expect(answer.log).toEqual([
      expect.stringMatching(/^information open endpoint_in_use urn:uuid:.* used by SSH$/),
    ]);
  });

  it('that fails with anything else is 500, with the cause in the log alone', async () => {
    outcome = () => {
      throw new TypeError('x.y is not a function');
    };
    const answer = await callFunction('open');
    expect(answer.status).toBe(500);
    expect(String(answer.body)).not.toContain('x.y');
    const { instance } = JSON.parse(String(answer.body)) as { instance: string };
    expect(answer.log).toEqual([expect.stringContaining(instance)]);
    expect(answer.log[0]).toMatch(/^error .*x\.y is not a function/s);
  });
});

describe('a question', () => {
  const ask = (name: string, query: string) => callFunction(name, { path: `/x?${query}`, headers: bearer });

  it('that a route does not know is refused by its name', async () => {
    const answer = await callFunction('bare', { method: 'POST', path: '/bare?purge=true', headers: bearer });
    expect(answer.status).toBe(400);
    expect(JSON.parse(String(answer.body))).toMatchObject({
      errors: [{ field: 'purge', message: 'is not a field of this request' }],
    });
  });

  it('is no matter where anybody may ask: whoever watches adds what he likes', async () => {
    outcome = () => ({});
    expect((await ask('open', 'at=1700000000')).status).toBe(200);
  });
});
