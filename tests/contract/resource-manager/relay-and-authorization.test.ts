import { beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '#local/kit/store.ts';
import { denyAssignment, roleAssignment } from '#local/resource-manager/seeds.ts';
import { administrator, groups, reader } from '../entra/tenant.ts';
import { type Cloud, call, groupId, machineId, seed, startCloud, subscriptionId, versions } from './cloud.ts';

const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  windowsAdminCenter: 'a6333a3e-0164-44c3-b281-7a577aff287f',
};
const store = openStore(':memory:');
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({
    store,
    groupsOf: (objectId) => cloud.entra.groupsOf(objectId),
    isGroup: (objectId) => cloud.entra.isGroup(objectId),
    relayHost: (name) => `${name}.relay.localhost:1234`,
    seed: [
      ...seed,
      roleAssignment({
        scope: `/subscriptions/${subscriptionId}`,
        roleDefinition: roles.reader,
        principalId: groups.everyone,
        principalType: 'Group',
      }),
      roleAssignment({
        scope: machineId,
        roleDefinition: roles.windowsAdminCenter,
        principalId: administrator.objectId,
        principalType: 'User',
      }),
      denyAssignment({
        scope: groupId,
        name: 'no deletes',
        principalId: reader.objectId,
        actions: ['*/delete'],
      }),
    ],
  });
});

describe('relay', () => {
  const connection = `${groupId}/providers/Microsoft.Relay/namespaces/local/hybridConnections/machine-1`;
  const rule = `${connection}/authorizationRules/listen`;

  it('shows a hybrid connection with its own rules and those of its namespace', async () => {
    const client = cloud.clientOf();
    const { hybridConnections } = cloud.arm;
    expect(hybridConnections.find('local', 'machine-1')).toBeUndefined();
    const body = { properties: { requiresClientAuthorization: true } };
    expect((await call(client, 'put', connection, versions.relay, { body })).status).toBe(200);
    const rights = { properties: { rights: ['Listen'] } };
    expect((await call(client, 'put', rule, versions.relay, { body: rights })).status).toBe(200);
    const { body: keys } = await call(client, 'post', `${rule}/listKeys`, versions.relay);
    await call(client, 'put', rule, versions.relay, { body: rights });
    const found = hybridConnections.find('LOCAL', 'Machine-1')?.rules ?? [];
    expect(found.map(({ name, rights: given }) => [name, given])).toEqual([
      ['listen', ['Listen']],
      ['RootManageSharedAccessKey', ['Listen', 'Manage', 'Send']],
    ]);
    const { primaryKey } = keys as { primaryKey: string };
    expect(found[0]?.primaryKey).toBe(primaryKey);
    expect(keys).toMatchObject({
      primaryConnectionString: `Endpoint=sb://local.relay.localhost:1234/;SharedAccessKeyName=listen;SharedAccessKey=${primaryKey};EntityPath=machine-1`,
    });
    const { body: shown } = await call(client, 'get', rule, versions.relay);
    expect(JSON.stringify(shown)).not.toContain(primaryKey);
  });

  it('says when a hybrid connection is deleted', async () => {
    const deleted: string[] = [];
    cloud.arm.hybridConnections.onDeleted((namespace, path) => deleted.push(`${namespace}/${path}`));
    await call(cloud.clientOf(), 'delete', connection, versions.relay);
    expect(deleted).toEqual(['local/machine-1']);
    expect(cloud.arm.hybridConnections.find('local', 'machine-1')).toBeUndefined();
  });

  it('refuses Manage without Listen and Send', async () => {
    const path = `${groupId}/providers/Microsoft.Relay/namespaces/local/authorizationRules/half`;
    const half = await call(cloud.clientOf(), 'put', path, versions.relay, {
      body: { properties: { rights: ['Manage'] } },
    });
    expect(half.status).toBe(400);
  });
});

describe('authorization', () => {
  const list = async (scope: string, filter?: string, type = 'roleAssignments') => {
    const path = `${scope}/providers/Microsoft.Authorization/${type}`;
    const query = filter === undefined ? {} : { $filter: filter };
    const { status, body } = await call(cloud.clientOf(), 'get', path, versions.authorization, { query });
    const { value = [] } = body as { value?: { properties: Record<string, unknown> }[] };
    return { status, value: value.map(({ properties }) => properties) };
  };
  const roleIds = (value: Record<string, unknown>[]) =>
    new Set(value.map((entry) => String(entry['roleDefinitionId']).split('/').at(-1)));

  it('lists what reaches a principal at a machine, transitive groups included', async () => {
    const own = await list(machineId, `assignedTo('${administrator.objectId.toUpperCase()}')`);
    expect(roleIds(own.value)).toEqual(new Set([roles.windowsAdminCenter, roles.reader]));
    expect((await list(machineId, `assignedTo('${reader.objectId}')`)).value).toEqual([]);
    expect(roleIds((await list(machineId, `principalId eq '${administrator.objectId}'`)).value)).toEqual(
      new Set([roles.windowsAdminCenter]),
    );
  });

  it('lists assignments below a scope unless asked for those at it', async () => {
    const scope = `/subscriptions/${subscriptionId}`;
    expect([...roleIds((await list(scope)).value)]).toContain(roles.windowsAdminCenter);
    expect(roleIds((await list(scope, 'atScope()')).value)).toEqual(new Set([roles.reader]));
    expect([...roleIds((await list(machineId, 'atScope()')).value)]).toContain(roles.reader);
    expect((await list(scope, "name eq 'x'")).status).toBe(400);
  });

  it('assigns a role once', async () => {
    const client = cloud.clientOf();
    const path = (name: string) => `${machineId}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const [one, two] = ['00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-0000000000f2'];
    const assign = (name: string, role: string) =>
      call(client, 'put', path(name), versions.authorization, {
        body: {
          properties: {
            roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${role}`,
            principalId: reader.objectId,
          },
        },
      });
    expect((await assign(one, roles.owner)).status).toBe(201);
    expect((await assign(one, roles.owner)).status).toBe(200);
    expect(await assign(two, roles.owner)).toMatchObject({
      status: 409,
      body: { error: { code: 'RoleAssignmentExists' } },
    });
    expect(await assign(one, roles.reader)).toMatchObject({
      status: 409,
      body: { error: { code: 'RoleAssignmentUpdateNotPermitted' } },
    });
    expect(await assign(two, subscriptionId)).toMatchObject({
      status: 400,
      body: { error: { code: 'RoleDefinitionDoesNotExist' } },
    });
    expect((await call(client, 'delete', path(one), versions.authorization)).status).toBe(200);
    expect((await list(machineId, `assignedTo('${reader.objectId}')`)).value).toEqual([]);
  });

  it('knows the built-in roles by their ids and takes custom ones', async () => {
    const client = cloud.clientOf();
    const path = (name: string) =>
      `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
    const { body: builtIn } = await call(
      client,
      'get',
      path(roles.windowsAdminCenter),
      versions.authorization,
    );
    expect(builtIn).toMatchObject({
      id: path(roles.windowsAdminCenter),
      properties: {
        roleName: 'Windows Admin Center Administrator Login',
        permissions: [
          {
            dataActions: expect.arrayContaining(['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action']),
          },
        ],
      },
    });
    const custom = {
      properties: {
        roleName: 'SSH local',
        permissions: [{ actions: ['Microsoft.HybridConnectivity/endpoints/listCredentials/action'] }],
        assignableScopes: [`/subscriptions/${subscriptionId}`],
      },
    };
    const name = '00000000-0000-4000-8000-0000000000e9';
    expect((await call(client, 'put', path(name), versions.authorization, { body: custom })).status).toBe(
      201,
    );
    const found = await list(
      `/subscriptions/${subscriptionId}`,
      "roleName eq 'SSH local'",
      'roleDefinitions',
    );
    expect(found.value).toMatchObject([
      { type: 'CustomRole', permissions: [{ notActions: [], dataActions: [] }] },
    ]);
    expect(
      (await call(client, 'put', path(roles.owner), versions.authorization, { body: custom })).status,
    ).toBe(409);
  });

  it('lists deny assignments that reach a principal', async () => {
    const denied = await list(machineId, `assignedTo('${reader.objectId}')`, 'denyAssignments');
    expect(denied.value).toMatchObject([{ denyAssignmentName: 'no deletes' }]);
    expect(
      (await list(machineId, `assignedTo('${administrator.objectId}')`, 'denyAssignments')).value,
    ).toEqual([]);
  });
});
