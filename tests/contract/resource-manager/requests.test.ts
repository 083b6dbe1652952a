import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import {
  type Cloud,
  call,
  groupId,
  machineId,
  startCloud,
  subscriptionId,
  tenantId,
  versions,
} from './cloud.ts';

let cloud: Cloud;
const clock = createManualClock(Date.now());
beforeAll(async () => {
  cloud = await startCloud({
    clock,
    registrationDelayMs: 1000,
    mayAct: (claims, action) => claims['roles'] !== 'reader' || action.endsWith('/read'),
  });
});

const code = (body: unknown) => (body as { error?: { code?: string } }).error?.code;

describe('every request', () => {
  it('needs a token of this tenant for this audience', async () => {
    const bare = await fetch(`${cloud.arm.origin}/subscriptions?api-version=2021-04-01`);
    expect(bare.status).toBe(401);
    expect(bare.headers.get('www-authenticate')).toContain(tenantId);
    expect(code(await bare.json())).toBe('AuthenticationFailed');
    const path = '/subscriptions';
    const foreign = await call(
      cloud.clientOf({ aud: 'https://vault.localhost' }),
      'get',
      path,
      versions.resources,
    );
    expect([foreign.status, code(foreign.body)]).toEqual([401, 'InvalidAuthenticationToken']);
    const late = await call(
      cloud.clientOf({ exp: Math.floor(clock.now() / 1000) - 1 }),
      'get',
      path,
      versions.resources,
    );
    expect([late.status, code(late.body)]).toEqual([401, 'ExpiredAuthenticationToken']);
    const other = await call(cloud.clientOf({ tid: subscriptionId }), 'get', path, versions.resources);
    expect([other.status, code(other.body)]).toEqual([401, 'InvalidAuthenticationTokenTenant']);
    const own = await call(cloud.clientOf({ aud: cloud.arm.origin }), 'get', path, versions.resources);
    expect(own.body).toMatchObject({ value: [{ subscriptionId, tenantId }] });
  });

  it.each([
    ['no api-version', machineId, '', 400, 'MissingApiVersionParameter'],
    ['an api-version of another type', machineId, versions.dns, 400, 'NoRegisteredProviderFound'],
    [
      'an unknown namespace',
      `${groupId}/providers/Microsoft.Web/sites/a`,
      '2024-01-01',
      404,
      'InvalidResourceNamespace',
    ],
    [
      'an unknown type',
      `${groupId}/providers/Microsoft.Relay/wcfRelays/a`,
      versions.relay,
      400,
      'InvalidResourceType',
    ],
    [
      'another subscription',
      `/subscriptions/${tenantId}/resourceGroups`,
      versions.resources,
      404,
      'SubscriptionNotFound',
    ],
    ['a machine that is not there', `${machineId}x`, versions.machines, 404, 'ResourceNotFound'],
    ['a path of nothing', '/tenants/a/b/providers/X', versions.resources, 404, 'InvalidResourceType'],
  ])('refuses %s by name', async (_, path, version, status, expected) => {
    const reply = await call(cloud.clientOf(), 'get', path, version);
    expect([reply.status, code(reply.body)]).toEqual([status, expected]);
  });

  it('refuses what the caller may not do', async () => {
    const reader = cloud.clientOf({ roles: 'reader' });
    const path = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm1`;
    const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.Relay`;
    expect((await call(reader, 'post', `${provider}/register`, versions.resources)).status).toBe(403);
    expect((await call(reader, 'get', provider, versions.resources)).status).toBe(200);
    const refused = await call(reader, 'put', path, '2024-07-01', { body: { location: 'westeurope' } });
    expect([refused.status, code(refused.body)]).toEqual([403, 'AuthorizationFailed']);
    expect(refused.body).toMatchObject({
      error: { message: expect.stringContaining('Microsoft.Compute/virtualMachines/write') },
    });
  });

  it('refuses a body that is no JSON object and one that is too large', async () => {
    const token = await cloud.entra.mint({ aud: cloud.arm.origin });
    const send = (body: string) =>
      fetch(
        `${cloud.arm.origin}${groupId}/providers/Microsoft.Compute/virtualMachines/vm1?api-version=2024-07-01`,
        {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}` },
          body,
        },
      );
    expect((await send('[1')).status).toBe(400);
    expect((await send('[1]')).status).toBe(400);
    expect((await send('x'.repeat(5 * 1024 * 1024))).status).toBe(413);
  });
});

describe('plain resources', () => {
  const path = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm2`;

  it('compare their ids without regard to case and keep their first letters', async () => {
    const client = cloud.clientOf();
    const body = {
      location: 'westeurope',
      tags: { a: '1' },
      properties: { hardwareProfile: { vmSize: 'S' } },
    };
    expect((await call(client, 'put', path, '2024-07-01', { body })).status).toBe(201);
    clock.advance(1000);
    expect((await call(client, 'put', path.toUpperCase(), '2024-07-01', { body })).status).toBe(200);
    clock.advance(1000);
    await call(client, 'patch', path, '2024-07-01', { body: { tags: { b: '2' } } });
    clock.advance(1000);
    const { body: read } = await call(client, 'get', path.toLowerCase(), '2024-07-01');
    expect(read).toMatchObject({
      id: path,
      name: 'vm2',
      tags: { a: '1', b: '2' },
      properties: body.properties,
    });
    const listed = await call(
      client,
      'get',
      `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/virtualMachines`,
      '2024-07-01',
    );
    expect((listed.body as { value: { name: string }[] }).value.map(({ name }) => name)).toContain('vm2');
    expect((await call(client, 'delete', path, '2024-07-01')).status).toBe(202);
    clock.advance(1000);
    expect((await call(client, 'delete', path, '2024-07-01')).status).toBe(204);
  });

  it('need their group and their parent', async () => {
    const client = cloud.clientOf();
    const elsewhere = path.replace('rg-local', 'rg-none');
    const orphan = await call(client, 'put', `${path}/extensions/e`, '2024-07-01', {
      body: { location: 'x' },
    });
    expect([orphan.status, code(orphan.body)]).toEqual([404, 'ParentResourceNotFound']);
    const homeless = await call(client, 'put', elsewhere, '2024-07-01', { body: { location: 'x' } });
    expect([homeless.status, code(homeless.body)]).toEqual([404, 'ResourceGroupNotFound']);
  });
});

describe('HybridConnectivity', () => {
  const endpoint = `${machineId}/providers/Microsoft.HybridConnectivity/endpoints/default`;
  const service = `${endpoint}/serviceConfigurations/WAC`;
  const body = { properties: { type: 'default' } };
  const version = versions.connectivity;
  const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.HybridConnectivity`;

  it('is registered first, which takes its time', async () => {
    const client = cloud.clientOf();
    const state = async () =>
      ((await call(client, 'get', provider, versions.resources)).body as { registrationState: string })
        .registrationState;
    expect(await state()).toBe('NotRegistered');
    const refused = await call(client, 'put', endpoint, version, { body });
    expect([refused.status, code(refused.body)]).toEqual([409, 'MissingSubscriptionRegistration']);
    const register = () => call(client, 'post', `${provider}/register`, versions.resources);
    expect((await register()).body).toMatchObject({ registrationState: 'Registering' });
    clock.advance(500);
    await register();
    clock.advance(500);
    expect(await state()).toBe('Registered');
  });

  it('requirements 47 and 76: climbs the ladder of listCredentials: 404, 412, 200', async () => {
    const client = cloud.clientOf();
    const list = (query: Record<string, string> = {}) =>
      call(client, 'post', `${endpoint}/listCredentials`, version, { body: { serviceName: 'WAC' }, query });
    expect((await list()).status).toBe(404);
    const made = await call(client, 'put', endpoint, version, { body });
    expect(made).toMatchObject({
      status: 200,
      body: { properties: { type: 'default', provisioningState: 'Succeeded' } },
    });
    expect((await call(client, 'put', endpoint, version, { body })).status).toBe(200);
    expect((await list()).status).toBe(412);
    const put = (port: unknown) =>
      call(client, 'put', service, version, { body: { properties: { serviceName: 'WAC', port } } });
    expect((await put('6516')).status).toBe(400);
    expect((await put(65_536)).status).toBe(400);
    expect((await put(6516)).status).toBe(201);
    expect(await put(443)).toMatchObject({
      status: 200,
      body: { properties: { port: 443, serviceName: 'WAC' } },
    });
    expect((await list({ expiresin: '599' })).status).toBe(400);
    expect(await list({ expiresin: '600' })).toMatchObject({
      status: 200,
      body: {
        relay: {
          expiresOn: Math.floor(clock.now() / 1000) + 600,
          accessKey: expect.stringMatching(/^SharedAccessSignature sr=/),
        },
      },
    });
    const listed = await call(client, 'get', `${endpoint}/serviceConfigurations`, version);
    expect(listed.body).toMatchObject({
      value: [{ name: 'WAC', type: 'Microsoft.HybridConnectivity/endpoints/serviceConfigurations' }],
    });
    await call(client, 'delete', endpoint, version);
    expect((await call(client, 'get', service, version)).status).toBe(404);
  });
});
