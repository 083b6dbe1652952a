import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAuthorizeEndpoint } from '#local/entra/authorize-endpoint.ts';
import { openDeviceCodes } from '#local/entra/device-codes.ts';
import { createDeviceCodeEndpoint, createDeviceLogin } from '#local/entra/device-endpoints.ts';
import { createDirectory } from '#local/entra/directory.ts';
import { renderEntraError } from '#local/entra/errors.ts';
import { openGrantedCodes } from '#local/entra/granted-codes.ts';
import { createGraph } from '#local/entra/graph/graph.ts';
import { openDirectoryObjects } from '#local/entra/objects.ts';
import { seedTenant } from '#local/entra/sample-tenant.ts';
import { openSigningKeys } from '#local/entra/signing-keys.ts';
import { createTokenEndpoint } from '#local/entra/token-endpoint.ts';
import { createTokenIssuer } from '#local/entra/token-issuer.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { openStore } from '#local/kit/store.ts';
import { administrator, apiClientId, apiScope, cliClientId, tenantId } from '../contract/entra/tenant.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;
const verifier = 'a-verifier-of-more-than-forty-three-characters-0123456789';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const endpoints = ['authorize', 'token', 'devicecode', 'devicelogin', 'graph'] as const;

const clock = createManualClock(Date.now());
const keys = await openSigningKeys(openStore(':memory:'), clock);

/** A tenant without a network. */
function newTenant() {
  const store = openStore(':memory:');
  const content = {
    tenantId,
    accounts: [administrator],
    applications: [
      {
        clientId: apiClientId,
        displayName: 'API',
        api: { identifierUri: `api://${apiClientId}`, scopes: ['user_impersonation'] },
        secrets: ['secret'],
      },
      {
        clientId: cliClientId,
        displayName: 'Program',
        redirectUris: [{ kind: 'public' as const, uri: 'http://localhost' }],
      },
    ],
  };
  const objects = openDirectoryObjects(store);
  seedTenant(objects, content);
  const directory = createDirectory(content, objects);
  const codes = openGrantedCodes(store, clock);
  const devices = openDeviceCodes(store, clock);
  const origin = () => 'https://login.localhost';
  const issuer = createTokenIssuer({ keys, clock, tenantId, origin });
  const handlers: Record<
    (typeof endpoints)[number],
    (request: HttpRequest) => HttpReply | Promise<HttpReply>
  > = {
    authorize: createAuthorizeEndpoint(directory, codes),
    token: createTokenEndpoint({ directory, codes, devices, issuer, clock }),
    devicecode: createDeviceCodeEndpoint(directory, devices, origin),
    devicelogin: createDeviceLogin(directory, devices),
    graph: createGraph(
      directory,
      () => Promise.resolve({ tid: tenantId, oid: administrator.objectId }),
      clock,
    ),
  };
  return {
    handlers,
    waiting: () => devices.pending()[0]?.userCode ?? '',
    application: () => objects.list('application').at(-1)?.id ?? '',
  };
}

/** Mostly what a client would say, sometimes anything. */
const either = (...good: string[]) =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...good), weight: 6 },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 30 }), weight: 1 },
  );
const field = {
  client_id: either(cliClientId, cliClientId, apiClientId),
  redirect_uri: either('http://localhost/', 'http://localhost:4711/', 'http://[', 'https://evil.example/'),
  response_type: either('code', 'code', 'token'),
  response_mode: either('query', 'fragment', 'form_post'),
  scope: either(apiScope, `openid offline_access ${apiScope}`, `api://${apiClientId}/.default`, '.default /'),
  state: either('s', '%', '\r\n'),
  nonce: either('n'),
  prompt: either('login', 'none'),
  code_challenge: either(createHash('sha256').update(verifier).digest('base64url')),
  code_challenge_method: either('S256', 'S256', 'plain'),
  code_verifier: either(verifier),
  grant_type: either('authorization_code', 'refresh_token', 'client_credentials', deviceGrant, '__proto__'),
  code: either('{code}', '{user code}'),
  refresh_token: either('{refresh token}'),
  device_code: either('{device code}'),
  client_secret: either('secret'),
  client_assertion: either('a.b.c', 'eyJhbGciOiJub25lIn0.e30.'),
  account: either(administrator.userPrincipalName, administrator.objectId, ''),
};
const seldom = ['client_assertion', 'client_secret', 'prompt', 'response_mode'];
const fields = fc.record(field).chain((all) =>
  fc
    .record({
      seldomKept: fc.subarray(seldom, { maxLength: 1 }),
      dropped: fc.oneof(fc.constant<string[]>([]), fc.subarray(Object.keys(field), { maxLength: 2 })),
    })
    .map(({ seldomKept, dropped }) =>
      Object.entries(all).filter(
        ([name]) => (!seldom.includes(name) || seldomKept.includes(name)) && !dropped.includes(name),
      ),
    ),
);
const collections = ['applications', 'servicePrincipals', 'oauth2PermissionGrants', 'users', 'me'];
const requests = fc.record({
  endpoint: fc.constantFrom(...endpoints),
  method: fc.constantFrom('GET', 'POST', 'POST', 'PATCH', 'DELETE'),
  fields,
  segments: fc.tuple(
    either(...collections),
    fc.array(
      either('{id}', `(appId='${apiClientId}')`, 'addPassword', 'owners', '%', administrator.objectId),
      {
        maxLength: 2,
      },
    ),
  ),
  query: either('', '', '$top=2', "$filter=appId eq 'x'", '$select=id', '$skiptoken=x', '$filter=((('),
  body: fc.oneof(
    fc.constantFrom('{"displayName":"x"}', `{"appId":"${apiClientId}"}`, '{}', 'null', '[', ''),
    fc.json({ maxDepth: 3 }),
    fc.json().map((value) => `{"displayName":"x","web":{"redirectUris":${value}},"appRoles":${value}}`),
  ),
  authorization: either('Basic OjolOg==', 'Basic JTo='),
});

it('a tenant answers or refuses a hundred thousand requests of any form, in its own words', async () => {
  let tenant = newTenant();
  const known = new Map<string, string>();
  const seen = new Map<string, number>();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      requests,
      async ({ endpoint, method, segments, query, body, authorization, ...rest }) => {
        count += 1;
        if (count % 1000 === 0) tenant = newTenant();
        clock.advance(2_000);
        known.set('{user code}', tenant.waiting());
        known.set('{id}', tenant.application());
        const form = new URLSearchParams(
          rest.fields.map(([name, value]): [string, string] => [name, known.get(value) ?? value]),
        );
        const isGraph = endpoint === 'graph';
        const path = [segments[0], ...segments[1]].map((part) => known.get(part) ?? part).join('/');
        const address = isGraph ? `/v1.0/${path}?${query}` : `/${tenantId}/oauth2/v2.0/${endpoint}?${form}`;
        const request: HttpRequest = {
          method: isGraph ? method : method === 'GET' ? 'GET' : 'POST',
          url: new URL(`https://login.localhost${address}`),
          headers: isGraph ? { authorization: 'Bearer any' } : count % 8 === 0 ? { authorization } : {},
          body: Buffer.from(isGraph ? body : form.toString()),
        };
        let reply: HttpReply;
        try {
          reply = await tenant.handlers[endpoint](request);
        } catch (error) {
          reply = renderEntraError(error, clock.now());
        }
        const answer = (reply.body ?? {}) as { refresh_token?: string; device_code?: string };
        const location = URL.parse(String(reply.headers?.['location'] ?? ''))?.searchParams.get('code');
        if (location) known.set('{code}', location);
        if (answer.refresh_token) known.set('{refresh token}', answer.refresh_token);
        if (answer.device_code) known.set('{device code}', answer.device_code);
        const key = `${endpoint} ${reply.status}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        return reply.status === 501 || reply.status < 500;
      },
    ),
    { numRuns, seed },
  );
  const sorted = Object.fromEntries([...seen].sort(([a], [b]) => a.localeCompare(b)));
  process.stdout.write(`entra: ${numRuns} requests, SEED=${seed}: ${JSON.stringify(sorted)}\n`);
  const expected =
    'authorize 200,authorize 302,authorize 400,token 200,token 400,token 401,devicecode 200,devicelogin 200,' +
    'graph 200,graph 201,graph 400,graph 404';
  expect([...seen.keys()]).toEqual(expect.arrayContaining(expected.split(',')));
});
