import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import * as sample from '#local/samples/sample-data.ts';
import { json, pathOf, unknownMachine } from '../support/hostile/asking.ts';
import { type DescribedRoute, describedRoutes, sampleOf } from '../support/hostile/described-routes.ts';
import { sendRaw } from '../support/hostile/raw-request.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

const otherTenant = '00000000-0000-4000-8000-0000000000bb';

describe('a person of another tenant', () => {
  let system: SystemUnderTest;
  /** The sign-in service with a tenant of its own: its tokens are good ones, for whoever trusts it. */
  let elsewhere: Entra;
  let routes: DescribedRoute[];
  let machineId: string;
  const administrator = sample.accounts.find(({ displayName }) => displayName === 'Administrator');

  const ask = (route: DescribedRoute, token: string, id: string) =>
    sendRaw(system.baseUrl, {
      method: route.method,
      path: pathOf(route, { id, operationId: `${id}.aaaaaaaaaaaaaaaa` }),
      headers: { authorization: `Bearer ${token}`, ...json },
      ...(route.body && { body: JSON.stringify(sampleOf(route.body)) }),
    });

  /** The administrator’s twin: the same object id and name, for the same API. */
  const claims = () => ({
    aud: sample.apiClientId,
    oid: administrator?.objectId ?? '',
    preferred_username: administrator?.userPrincipalName ?? '',
    scp: 'user_impersonation',
  });

  beforeAll(async () => {
    system = await startSystem();
    const root = await createLocalRoot(Date.now());
    elsewhere = await createEntra({
      clock: systemClock,
      store: openStore(':memory:'),
      port: 0,
      tls: await issueServerIdentity(root, ['login.localhost'], Date.now()),
      tenantId: otherTenant,
      accounts: [],
      applications: [],
    });
    const { token } = await system.as('Administrator');
    const signed = { authorization: `Bearer ${token}`, ...json };
    const described = await sendRaw(system.baseUrl, { method: 'GET', path: '/api/openapi.json' });
    routes = describedRoutes(JSON.parse(described.text) as Parameters<typeof describedRoutes>[0]);
    const { resourceId } = machineAt(system, 0);
    const body = JSON.stringify({ resourceId });
    const added = await sendRaw(system.baseUrl, {
      method: 'POST',
      path: '/api/machines',
      headers: signed,
      body,
    });
    machineId = (JSON.parse(added.text) as { id: string }).id;
  });
  afterAll(async () => {
    await elsewhere?.close();
    await system?.stop();
  });

  it('is asked about a machine that is there', async () => {
    const { token } = await system.as('Administrator');
    const machine = routes.find(({ method, path }) => method === 'GET' && path === '/api/machines/{id}');
    expect(machine && (await ask(machine, token, machineId)).status).toBe(200);
  });

  it.each<[string, () => Promise<string>]>([
    ['of that tenant', () => elsewhere.mint(claims(), { version: '2.0' })],
    ['of that tenant in version 1', () => elsewhere.mint(claims(), { version: '1.0' })],
    [
      'that names our tenant and its issuer',
      () =>
        elsewhere.mint(
          { ...claims(), tid: sample.tenantId, iss: `https://sts.windows.net/${sample.tenantId}/` },
          { version: '1.0' },
        ),
    ],
  ])('is nobody on any route with a token %s, whether the machine is there or not', async (_, mint) => {
    const token = await mint();
    const wrong: string[] = [];
    const guarded = routes.filter(({ security }) => security !== undefined);
    for (const route of guarded) {
      const [real, none] = [await ask(route, token, machineId), await ask(route, token, unknownMachine)];
      const line = `${route.method} ${route.path}: ${real.status} ${real.text.slice(0, 100)}`;
      // Agents prove themselves by their own key, after their body was read.
      const isNobody =
        route.security === 'entra' ? real.status === 401 : [400, 401, 403].includes(real.status);
      if (!isNobody || real.status !== none.status) wrong.push(line);
      if (real.text.includes(machineAt(system, 0).name)) wrong.push(`${line} tells of the machine`);
    }
    expect(guarded.length).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });
});
