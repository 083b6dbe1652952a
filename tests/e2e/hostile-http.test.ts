import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Asked,
  complaintsAbout,
  isStatus,
  json,
  pathOf,
  unknownMachine,
} from '../support/hostile/asking.ts';
import { fieldsOf } from '../support/hostile/complaints.ts';
import { type DescribedRoute, describedRoutes } from '../support/hostile/described-routes.ts';
import {
  brokenTexts,
  climbingPaths,
  deepTexts,
  hostileSegments,
  hostileStrings,
  type MutatedBody,
  mutatedBodies,
} from '../support/hostile/mutations.ts';
import { type RawAnswer, type RawRequest, sendRaw } from '../support/hostile/raw-request.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

describe('what nobody should send', () => {
  let system: SystemUnderTest;
  let routes: DescribedRoute[];
  let withBody: DescribedRoute[];
  let machineId: string;
  const tokens = { administrator: '', stranger: '' };

  const send = (request: RawRequest) => sendRaw(system.baseUrl, request);
  const signed = (who: keyof typeof tokens = 'administrator') => ({ authorization: `Bearer ${tokens[who]}` });

  const complaintsFor = (asked: readonly Asked[]) => complaintsAbout(system.baseUrl, asked);

  const bodyRequest = (
    route: DescribedRoute,
    body: string | Buffer,
    headers: Record<string, string> = json,
  ) => ({
    method: route.method,
    path: pathOf(route),
    // Who may change nothing: what is well-formed after all has no effect.
    headers: { ...signed('stranger'), ...headers },
    body,
  });

  beforeAll(async () => {
    system = await startSystem();
    tokens.administrator = (await system.as('Administrator')).token;
    tokens.stranger = (await system.as('Stranger')).token;
    const described = await send({ method: 'GET', path: '/api/openapi.json' });
    routes = describedRoutes(JSON.parse(described.text) as Parameters<typeof describedRoutes>[0]);
    withBody = routes.filter(({ body }) => body !== undefined);
    const { resourceId } = machineAt(system, 0);
    const added = await send({
      method: 'POST',
      path: '/api/machines',
      headers: { ...signed(), ...json },
      body: JSON.stringify({ resourceId }),
    });
    machineId = (JSON.parse(added.text) as { id: string }).id;
  });
  afterAll(() => system?.stop());

  it('is asked of every route that there is', () => {
    expect(routes.length).toBeGreaterThan(45);
    expect(withBody.length).toBeGreaterThan(12);
    expect(machineId).toMatch(/^[a-z2-7]{26}$/);
  });

  const named =
    ({ field }: MutatedBody) =>
    (answer: RawAnswer) => {
      const fields = fieldsOf(answer);
      const isNamed = fields.some(
        (one) =>
          one === field || one.startsWith(`${field}.`) || field.startsWith(`${one}.`) || one === '(body)',
      );
      return answer.status === 400 && isNamed
        ? undefined
        : `status ${answer.status}, names ${fields.join(', ') || 'no field'} and not ${field}`;
    };

  it.each(['a wrong type', 'an unknown field', 'an impossible number', 'a field left out'] as const)(
    '%s, at any place of any body, is a 400 that names it',
    async (kind) => {
      const requests = withBody.flatMap((route) =>
        mutatedBodies(route.body ?? {}, kind).map((mutated) => ({
          what: `${kind}: ${mutated.text.slice(0, 200)}`,
          request: bodyRequest(route, mutated.text),
          expects: named(mutated),
        })),
      );
      expect(requests.length).toBeGreaterThan(withBody.length);
      expect(await complaintsFor(requests)).toEqual([]);
    },
  );

  it('text that no field expects is refused or taken as text: never a failure inside', async () => {
    const requests = withBody.flatMap((route) =>
      hostileStrings(route.body ?? {}).map((text) => ({
        what: text.slice(0, 120),
        request: bodyRequest(route, text),
      })),
    );
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('what is no JSON, no UTF-8, ambiguous or very deep is a 400', async () => {
    const requests = withBody.flatMap((route) =>
      [...brokenTexts(route.body ?? {}), ...deepTexts()].map(({ what, text }) => ({
        what,
        request: bodyRequest(route, text),
        expects: isStatus(400),
      })),
    );
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/jsonp', 415],
    ['json', 415],
    ['application/xml', 415],
    ['*/*', 415],
    ['', 415],
  ])('a body as %j is refused', async (type, status) => {
    const requests = withBody.map((route) => ({
      what: type,
      request: bodyRequest(route, '{}', { 'content-type': type }),
      expects: isStatus(status),
    }));
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('5 MB are refused before they are read, whatever they are', async () => {
    const large = Buffer.alloc(5 * 1024 * 1024, 0x20);
    const requests = withBody.map((route) => ({
      what: '5 MB',
      request: bodyRequest(route, large),
      expects: isStatus(413),
    }));
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('a body without a length is a 411, also where none is expected', async () => {
    const requests = routes
      .filter(({ method }) => method !== 'GET' && method !== 'DELETE')
      .map((route) => ({
        what: 'chunks',
        request: { ...bodyRequest(route, '{}'), isChunked: true },
        expects: isStatus(411),
      }));
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('headers without end are refused', async () => {
    for (const size of [20_000, 5 * 1024 * 1024]) {
      const answer = await send({
        method: 'GET',
        path: '/api/me',
        headers: { ...signed(), 'x-large': 'x'.repeat(size) },
      }).catch(() => undefined);
      expect(answer?.status ?? 431).toBe(431);
    }
  });

  it('a token that is none is a 401, on every route that wants one', async () => {
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.e30.`;
    const [header, payload] = tokens.administrator.split('.');
    const given = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      `Basic ${tokens.administrator}`,
      'Bearer a.b.c',
      `Bearer ${unsigned}`,
      `Bearer ${header}.${payload}.`,
      `Bearer ${'x'.repeat(12_000)}`,
      `Bearer ${tokens.administrator} ${tokens.administrator}`,
    ];
    const guarded = routes.filter(({ security }) => security === 'entra');
    const requests = guarded.flatMap((route) =>
      given.map((authorization) => ({
        what: `authorization ${String(authorization).slice(0, 40)}`,
        request: {
          method: route.method,
          path: pathOf(route),
          headers: { ...json, ...(authorization !== undefined && { authorization }) },
          ...(route.body && { body: '{}' }),
        },
        expects: isStatus(401),
      })),
    );
    expect(guarded.length).toBeGreaterThan(25);
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('a name in the address that names nothing is refused as such', async () => {
    const requests = routes.flatMap((route) =>
      [...route.path.matchAll(/\{(\w+)\}/g)].flatMap(([, parameter = '']) =>
        hostileSegments(machineId).map((segment) => ({
          what: `${parameter} ${segment.slice(0, 60)}`,
          request: {
            method: route.method,
            path: pathOf(route, { ...(parameter !== 'id' && { id: machineId }), [parameter]: segment }),
            headers: { ...signed('stranger'), ...json },
            ...(route.body && { body: '{}' }),
          },
          expects: ({ status }: RawAnswer) => (status >= 400 ? undefined : `status ${status}`),
        })),
      ),
    );
    expect(requests.length).toBeGreaterThan(500);
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('a question that the route does not know is a 400 that names it', async () => {
    // The proxies' own route tells nobody else what it knows.
    const guarded = routes.filter(
      ({ security, path }) => security !== undefined && path !== '/api/proxy/state',
    );
    const requests = guarded.flatMap((route) =>
      ['surprise=1', 'constructor=1', 'a%00b=%ff', '=', 'surprise=1&surprise=2'].map((query) => ({
        what: query,
        request: {
          method: route.method,
          path: `${pathOf(route)}?${query}`,
          headers: { ...signed('stranger'), ...json },
          ...(route.body && { body: '{}' }),
        },
        expects: isStatus(400),
      })),
    );
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('a parameter of a question that is nonsense or given twice is a 400 that names it', async () => {
    const nonsense = ['', '%00', '-1', '1e9', `${'x'.repeat(5_000)}`, '%F0%9F%92%A9', 'a&NAME=b'];
    const requests = routes.flatMap((route) =>
      route.query.flatMap((name) =>
        nonsense.map((value) => ({
          what: `${name}=${value.slice(0, 20)}`,
          request: {
            method: route.method,
            path: `${pathOf(route)}?${name}=${value.replace('NAME', name)}`,
            headers: signed('stranger'),
          },
          expects: (answer: RawAnswer) =>
            answer.status !== 400 || fieldsOf(answer).includes(name) ? undefined : 'it is not named',
        })),
      ),
    );
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it('other methods reach nothing', async () => {
    const paths = [...new Set(routes.map((route) => route.path.replaceAll(/\{\w+\}/g, unknownMachine)))];
    const takes = (route: DescribedRoute, method: string, path: string) =>
      route.method === method &&
      new RegExp(`^${route.path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(
        path,
      );
    const requests = paths.flatMap((path) =>
      ['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'PROPFIND', 'POST', 'PUT', 'DELETE']
        .filter((method) => !routes.some((route) => takes(route, method, path)))
        .map((method) => ({
          what: 'nothing',
          request: { method, path, headers: signed() },
          expects: isStatus(404, 405),
        })),
    );
    expect(await complaintsFor(requests)).toEqual([]);
  });

  it.each(['/portal/', '/api/agent/package/'])(
    'no address below %s leads out of its folder',
    async (folder) => {
      for (const segment of [...hostileSegments(machineId), ...climbingPaths]) {
        const { status, text } = await send({ method: 'GET', path: `${folder}${segment}` });
        expect([segment, status]).toBeOneOf([200, 308, 400, 404].map((one) => [segment, one]));
        expect(text).not.toMatch(/"extensionBundle"|"private": true|root:x:|ENOENT|\n\s+at /);
      }
    },
  );
});
