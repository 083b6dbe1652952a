import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { roleAssignment } from '#local/resource-manager/seeds.ts';
import { type ArmClient, createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { sendAndWait } from '#shared/adapters/azure/arm-operation.ts';
import { createArmRelayNamespace } from '#shared/adapters/azure/arm-relay-namespace.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import { decideAccess, rolesAt } from '#shared/domain/access.ts';
import { administrator, groups, reader } from '../entra/tenant.ts';
import {
  type Cloud,
  call,
  groupId,
  machineId,
  seed,
  startCloud,
  subscriptionId,
  tenantId,
  versions,
} from './cloud.ts';

const windowsAdminCenter = 'a6333a3e-0164-44c3-b281-7a577aff287f';
const azureReader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const namespace = 'Microsoft.HybridConnectivity';

let cloud: Cloud;
let arm: ArmClient;
beforeAll(async () => {
  const scope = `/subscriptions/${subscriptionId}`;
  cloud = await startCloud({
    groupsOf: (objectId) => cloud.entra.groupsOf(objectId),
    seed: [
      ...seed,
      roleAssignment({
        scope,
        roleDefinition: azureReader,
        principalId: groups.everyone,
        principalType: 'Group',
      }),
      roleAssignment({
        scope: machineId,
        roleDefinition: windowsAdminCenter,
        principalId: administrator.objectId,
        principalType: 'User',
      }),
    ],
  });
  arm = createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });
});
beforeEach(() => cloud.arm.faults.clear());

const machineOperation = 'GET Microsoft.HybridCompute/machines';

describe('the client', () => {
  const anything = z.unknown();

  it('repeats what fails in passing, and not what is refused', async () => {
    const { faults, calls } = cloud.arm;
    faults.set(machineOperation, { status: 503, count: 1 });
    await expect(arm.get(machineId, versions.machines, anything)).resolves.toMatchObject({
      name: 'sample-1',
    });
    faults.set(machineOperation, { drop: true, count: 1 });
    await expect(arm.get(machineId, versions.machines, anything)).resolves.toMatchObject({
      name: 'sample-1',
    });
    const before = calls.count(machineOperation);
    await expect(arm.get(`${machineId}-none`, versions.machines, anything)).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armStatus: 404, armCode: 'ResourceNotFound' },
    });
    expect(calls.count(machineOperation)).toBe(before + 1);
  });

  it('gives up with the time that ARM asked for', async () => {
    cloud.arm.faults.set('POST provider register', { status: 429 });
    const path = `/subscriptions/${subscriptionId}/providers/${namespace}/register`;
    await expect(arm.send({ method: 'POST', path, apiVersion: versions.resources })).rejects.toMatchObject({
      code: 'resource_manager_unavailable',
      retryAfterMs: 1000,
    });
  });

  it('follows pages, and nothing away from ARM', async () => {
    const path = `/subscriptions/${subscriptionId}/providers`;
    expect((await arm.list(path, versions.resources, anything)).length).toBeGreaterThan(3);
    const named = z.object({ name: z.string() });
    const zonePath = `${groupId}/providers/Microsoft.Network/dnszones/wac.localhost/recordsets`;
    const all = await arm.list(zonePath, versions.dns, named, { $top: '1' });
    expect(all.map(({ name }) => name)).toEqual(['@', '@']);
    await expect(arm.follow('https://elsewhere.example/next')).rejects.toMatchObject({
      code: 'resource_manager_refused',
    });
  });

  it('takes no path for a query', async () => {
    await expect(arm.get(`${machineId}?x=1`, versions.machines, anything)).rejects.toMatchObject({
      facts: { armStatus: 400 },
    });
  });

  it('refuses a reply of another shape', async () => {
    await expect(arm.get(machineId, versions.machines, z.object({ port: z.number() }))).rejects.toMatchObject(
      {
        code: 'resource_manager_refused',
        facts: { armMessage: expect.stringContaining('port') },
      },
    );
  });
});

describe('subscriptions, providers and machines', () => {
  it('are read as facts', async () => {
    const resources = createArmResourceManager({ arm });
    expect(await resources.tenantOf(subscriptionId)).toBe(tenantId);
    expect(await resources.findMachine(machineId)).toEqual({
      location: 'westeurope',
      cloud: 'AzureCloud',
      osType: 'windows',
      osName: 'Windows Server 2022 Datacenter',
      osVersion: '10.0.20348.1',
      memoryBytes: 8 * 1024 ** 3,
      agentVersion: '1.53.03132.2775',
      status: 'Connected',
    });
    expect(await resources.findMachine(`${machineId}-none`)).toBeUndefined();
    await expect(resources.tenantOf(tenantId)).rejects.toMatchObject({ code: 'machine_not_found' });
  });
});

describe('roles', () => {
  it('are read once a subscription, groups included, and decide at the machine', async () => {
    const roles = createArmRoleReader({ arm });
    const held = await roles.rolesIn(administrator.objectId, subscriptionId);
    expect(held.grants.map(({ roleName }) => roleName).toSorted()).toEqual([
      'Reader',
      'Windows Admin Center Administrator Login',
    ]);
    expect(decideAccess(rolesAt(held, machineId), 'arc', 'connect-wac')).toMatchObject({ allowed: true });
    expect(decideAccess(rolesAt(held, machineId), 'arc', 'see')).toMatchObject({ allowed: true });
    const elsewhere = `${groupId}/providers/Microsoft.HybridCompute/machines/sample-2`;
    expect(decideAccess(rolesAt(held, elsewhere), 'arc', 'connect-wac')).toMatchObject({ allowed: false });
    expect(await roles.rolesIn(reader.objectId, subscriptionId)).toEqual({ grants: [], denials: [] });
  });
});

describe('endpoint and service configurations', () => {
  it('requirements 4, 6 and 98: wait for the provider, then for the endpoint', async () => {
    const resources = createArmResourceManager({ arm });
    const connectivity = createArmHybridConnectivity({ arm });
    expect(await resources.providerState(subscriptionId, namespace)).toBe('NotRegistered');
    await expect(connectivity.putEndpoint(machineId)).rejects.toMatchObject({
      code: 'provider_not_registered',
    });
    await connectivity.removeServiceConfiguration(machineId, 'WAC');
    await resources.registerProvider(subscriptionId, namespace);
    await expect.poll(() => resources.providerState(subscriptionId, namespace)).toBe('Registered');

    expect(await connectivity.hasEndpoint(machineId)).toBe(false);
    expect(await connectivity.findServiceConfigurations(machineId)).toBeUndefined();
    await expect(connectivity.putServiceConfiguration(machineId, 'WAC', 6516)).rejects.toMatchObject({
      code: 'endpoint_missing',
    });
    await connectivity.putEndpoint(machineId);
    await connectivity.putEndpoint(machineId);
    expect(await connectivity.hasEndpoint(machineId)).toBe(true);
    expect(await connectivity.findServiceConfigurations(machineId)).toEqual({});
    await connectivity.putServiceConfiguration(machineId, 'WAC', 6516);
    await connectivity.putServiceConfiguration(machineId, 'SSH', 22);
    expect(await connectivity.findServiceConfigurations(machineId)).toEqual({ WAC: 6516, SSH: 22 });
    await connectivity.removeServiceConfiguration(machineId, 'WAC');
    await connectivity.removeServiceConfiguration(machineId, 'WAC');
    expect(await connectivity.findServiceConfigurations(machineId)).toEqual({ SSH: 22 });
    await connectivity.removeEndpoint(machineId);
    await connectivity.removeEndpoint(machineId);
    expect(await connectivity.hasEndpoint(machineId)).toBe(false);
  });
});

describe('the extension', () => {
  const settings = { port: '6516', salt: 'salt', controlPlane: 'https://api.example' };
  const machine = () => cloud.clientOf({ xms_mirid: machineId });
  const goalState = async () => {
    const path = `${machineId}/providers/Microsoft.LocalTwin/goalState/default`;
    const { body } = await call(machine(), 'get', path, versions.twin);
    return (body as { extensions: { sequence: number; protectedSettings: object; settings: object }[] })
      .extensions;
  };
  const report = async (body: object) => {
    const [goal] = await goalState();
    const path = `${machineId}/providers/Microsoft.LocalTwin/extensionStatus/AdminCenter`;
    await call(machine(), 'put', path, versions.twin, {
      body: { sequence: goal?.sequence, message: '', ...body },
    });
  };

  it('is asked for, followed and removed', async () => {
    const extension = createArmMachineExtension({ arm });
    expect(await extension.read(machineId)).toEqual({ state: 'absent' });
    await extension.beginRemove(machineId);
    await extension.beginInstall(machineId, settings, 'token');
    await extension.beginInstall(machineId, settings, 'token');
    expect(await goalState()).toMatchObject([{ settings, protectedSettings: { token: 'token' } }]);
    const asSet = { port: 6516, salt: 'salt', controlPlane: 'https://api.example' };
    expect(await extension.read(machineId)).toEqual({ state: 'creating', ...asSet });
    await report({ status: 'transitioning', message: 'copying' });
    expect(await extension.read(machineId)).toEqual({ state: 'creating', detail: 'copying', ...asSet });
    await report({ status: 'error', message: 'no space' });
    expect(await extension.read(machineId)).toEqual({ state: 'failed', detail: 'no space', ...asSet });
    await extension.beginInstall(machineId, settings, 'token');
    await report({ status: 'success', message: 'running', version: '1.0.0' });
    expect(await extension.read(machineId)).toEqual({
      state: 'succeeded',
      detail: 'running',
      version: '1.0.0',
      ...asSet,
    });
    await extension.beginRemove(machineId);
    expect(await extension.read(machineId)).toMatchObject({ state: 'deleting' });
    await expect(extension.beginInstall(machineId, settings, 'token')).rejects.toMatchObject({
      code: 'resource_manager_unavailable',
      facts: { armStatus: 409 },
    });
    await report({ status: 'success', removed: true });
    expect(await extension.read(machineId)).toEqual({ state: 'absent' });
    await expect(extension.beginInstall(`${machineId}-none`, settings, 'token')).rejects.toMatchObject({
      code: 'machine_not_found',
    });
  });

  it('can be waited for by its long-running operation', async () => {
    const path = `${machineId}/extensions/AdminCenter`;
    const properties = { publisher: 'Microsoft.AdminCenter', type: 'AdminCenter' };
    const put = {
      method: 'PUT',
      path,
      apiVersion: versions.machines,
      body: { location: 'westeurope', properties },
    } as const;
    const limits = { limitMs: 60_000, now: Date.now };
    const waiting = sendAndWait(arm, put, limits);
    await expect.poll(goalState).toHaveLength(1);
    await report({ status: 'success' });
    await waiting;
    const removing = sendAndWait(arm, { method: 'DELETE', path, apiVersion: versions.machines }, limits);
    await expect.poll(() => goalState()).toMatchObject([{ deleting: true }]);
    await report({ status: 'error', message: 'file in use' });
    await expect(removing).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armStatus: 'Failed', armMessage: 'file in use' },
    });
  });
});

describe('the relay namespace', () => {
  it('makes a hybrid connection and signs for listening on it alone', async () => {
    const relay = createArmRelayNamespace({
      arm,
      namespaceId: `${groupId}/providers/Microsoft.Relay/namespaces/local`,
      host: 'local.relay.localhost:1234',
      now: () => new Date(0),
    });
    await relay.ensureConnection('machine-1');
    await relay.ensureConnection('machine-1');
    const token = await relay.listenToken('machine-1', 3600);
    expect(token).toMatch(
      /^SharedAccessSignature sr=http%3A%2F%2Flocal\.relay\.localhost%2Fmachine-1&sig=[^&]+&se=3600&skn=listen$/,
    );
    expect(cloud.arm.hybridConnections.find('local', 'machine-1')?.rules[0]).toMatchObject({
      name: 'listen',
      rights: ['Listen'],
    });
    await relay.removeConnection('machine-1');
    await relay.removeConnection('machine-1');
    expect(cloud.arm.hybridConnections.find('local', 'machine-1')).toBeUndefined();
  });
});
