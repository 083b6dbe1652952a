import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type Cloud, call, groupId, startCloud, subscriptionId } from './cloud.ts';

const clock = createManualClock(Date.now());
const [compute, network, hci] = ['2024-07-01', '2024-05-01', '2024-04-01'];
const location = 'westeurope';
const at = (type: string, name: string) => `${groupId}/providers/${type}/${name}`;
const vm = at('Microsoft.Compute/virtualMachines', 'vm1');
const group = at('Microsoft.Network/networkSecurityGroups', 'nsg1');
const address = at('Microsoft.Network/publicIPAddresses', 'pip1');
const nic = at('Microsoft.Network/networkInterfaces', 'nic1');
const rule = {
  protocol: 'Tcp',
  access: 'Allow',
  sourcePortRange: '*',
  sourceAddressPrefix: '*',
  destinationAddressPrefix: '*',
};
const portForWac = { ...rule, direction: 'Inbound', priority: 100, destinationPortRange: '6516' };

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ clock });
});

const put = (path: string, version: string, body: object) =>
  call(cloud.clientOf(), 'put', path, version, { body });
const get = async (path: string, version: string, query: Record<string, string> = {}) =>
  call(cloud.clientOf(), 'get', path, version, { query });
const settled = async (path: string, version: string, body: object) => {
  const { status } = await put(path, version, body);
  expect(status).toBe(201);
  clock.advance(1000);
};
const code = (body: unknown) => (body as { error?: { code: string } }).error?.code;

// "Security rules", "Network interfaces", "Public IP addresses": learn.microsoft.com/rest/api/virtualnetwork
describe('network resources', () => {
  it('take PortForWAC as a rule of its own and show it in the group, with the rules that every group has', async () => {
    await settled(group, network, { location });
    await settled(`${group}/securityRules/PortForWAC`, network, { properties: portForWac });
    const outbound = { ...rule, direction: 'Outbound', priority: 100, destinationPortRange: '443' };
    const service = { ...outbound, destinationAddressPrefix: 'WindowsAdminCenter' };
    await settled(`${group}/securityRules/PortForWACService`, network, { properties: service });
    const { body } = await get(group, network);
    expect(body).toMatchObject({
      etag: expect.any(String),
      properties: {
        securityRules: [{ properties: portForWac }, { properties: service }],
        defaultSecurityRules: expect.arrayContaining([expect.objectContaining({ name: 'DenyAllInBound' })]),
      },
    });
    const clash = await put(`${group}/securityRules/Other`, network, { properties: portForWac });
    expect([clash.status, code(clash.body)]).toEqual([400, 'SecurityRuleConflict']);
    const low = await put(`${group}/securityRules/Other`, network, {
      properties: { ...portForWac, priority: 99 },
    });
    expect([low.status, code(low.body)]).toEqual([400, 'SecurityRuleInvalidPriority']);
  });

  it('replace all rules of a group by a PUT of the group', async () => {
    const other = at('Microsoft.Network/networkSecurityGroups', 'nsg2');
    const properties = { securityRules: [{ name: 'PortForWAC', properties: portForWac }] };
    await settled(other, network, { location, properties });
    expect((await get(`${other}/securityRules/PortForWAC`, network)).status).toBe(200);
    expect((await put(other, network, { location })).status).toBe(200);
    expect((await get(`${other}/securityRules/PortForWAC`, network)).status).toBe(404);
  });

  it('hold each other: what is used is not deleted', async () => {
    await settled(address, network, { location, properties: { publicIPAllocationMethod: 'Static' } });
    expect((await get(address, network)).body).toMatchObject({
      properties: { ipAddress: expect.stringMatching(/^203\.0\.113\.\d+$/), provisioningState: 'Succeeded' },
    });
    const configuration = { name: 'ip', properties: { publicIPAddress: { id: address } } };
    const properties = { ipConfigurations: [configuration], networkSecurityGroup: { id: group } };
    await settled(nic, network, { location, properties });
    await settled(vm, compute, {
      location,
      properties: { networkProfile: { networkInterfaces: [{ id: nic }] } },
    });
    const codes = [];
    for (const path of [address, group, nic]) {
      const { status, body } = await call(cloud.clientOf(), 'delete', path, network);
      codes.push([status, code(body)]);
    }
    expect(codes).toEqual([
      [400, 'PublicIPAddressCannotBeDeleted'],
      [400, 'InUseNetworkSecurityGroupCannotBeDeleted'],
      [400, 'NicInUse'],
    ]);
    const dangling = { ...properties, networkSecurityGroup: { id: `${group}x` } };
    const refused = await put(`${nic}x`, network, { location, properties: dangling });
    expect([refused.status, code(refused.body)]).toEqual([400, 'InvalidResourceReference']);
  });

  it('have subnets, each with its security group, and hold what machines are in', async () => {
    const virtual = at('Microsoft.Network/virtualNetworks', 'net1');
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
    const guarded = { addressPrefix: '10.0.0.0/24', networkSecurityGroup: { id: group } };
    const subnets = [
      { name: 'machines', properties: guarded },
      { name: 'spare', properties: { addressPrefix: '10.0.1.0/24' } },
    ];
    await settled(virtual, network, { location, properties: { addressSpace, subnets } });
    const subnet = `${virtual}/subnets/machines`;
    expect((await get(subnet, network)).body).toMatchObject({ properties: guarded });
    expect((await get(group, network)).body).toMatchObject({ properties: { subnets: [{ id: subnet }] } });
    const ipConfigurations = [{ name: 'ip', properties: { subnet: { id: subnet } } }];
    await settled(`${nic}2`, network, { location, properties: { ipConfigurations } });
    const removed = await call(cloud.clientOf(), 'delete', virtual, network);
    expect([removed.status, code(removed.body)]).toEqual([400, 'InUseSubnetCannotBeDeleted']);
    const emptied = await put(virtual, network, { location, properties: { addressSpace } });
    expect([emptied.status, code(emptied.body)]).toEqual([400, 'InUseSubnetCannotBeDeleted']);
    expect((await get(virtual, network)).body).toMatchObject({
      properties: { subnets: [{ name: 'machines' }, { name: 'spare' }] },
    });
    const lost = [{ name: 'ip', properties: { subnet: { id: `${subnet}-none` } } }];
    const refused = await put(`${nic}3`, network, { location, properties: { ipConfigurations: lost } });
    expect([refused.status, code(refused.body)]).toEqual([400, 'InvalidResourceReference']);
    const bare = [{ name: 'bare', properties: {} }];
    const empty = await put(`${virtual}2`, network, {
      location,
      properties: { addressSpace, subnets: bare },
    });
    expect([empty.status, code(empty.body)]).toEqual([400, 'NoAddressPrefixOrPoolProvided']);
  });
});

// "Track asynchronous Azure operations", learn.microsoft.com/azure/azure-resource-manager/management/async-operations
describe('a virtual machine', () => {
  const extension = `${vm}/extensions/AdminCenter`;
  const body = {
    location,
    properties: {
      publisher: 'Microsoft.AdminCenter',
      type: 'AdminCenter',
      typeHandlerVersion: '0.0',
      settings: { port: '6516' },
      protectedSettings: { token: 'secret' },
    },
  };

  it('takes its extension as a long-running operation that says InProgress, then Succeeded', async () => {
    const began = await put(extension, compute, body);
    expect(began).toMatchObject({
      status: 201,
      headers: { 'azure-asyncoperation': expect.stringContaining('/operationStatuses/'), 'retry-after': '0' },
      body: { properties: { provisioningState: 'Creating' } },
    });
    expect(JSON.stringify(began.body)).not.toContain('secret');
    const status = new URL(began.headers['azure-asyncoperation'] ?? '').pathname;
    expect((await get(status, compute)).body).toMatchObject({ status: 'InProgress' });
    const busy = await put(extension, compute, body);
    expect([busy.status, code(busy.body)]).toEqual([409, 'Conflict']);
    clock.advance(1000);
    expect((await get(status, compute)).body).toMatchObject({ status: 'Succeeded' });
    expect((await get(extension, compute)).body).toMatchObject({
      properties: { provisioningState: 'Succeeded' },
    });
    const removing = await call(cloud.clientOf(), 'delete', extension, compute);
    expect(removing.status).toBe(202);
    const result = new URL(removing.headers['location'] ?? '').pathname;
    expect((await get(result, compute)).status).toBe(202);
    expect((await get(extension, compute)).body).toMatchObject({
      properties: { provisioningState: 'Deleting' },
    });
    clock.advance(1000);
    expect((await get(result, compute)).status).toBe(204);
    expect((await get(extension, compute)).status).toBe(404);
  });

  it('shows its power in the instance view, and takes no extension while it is off', async () => {
    const power = async () => JSON.stringify((await get(vm, compute, { $expand: 'instanceView' })).body);
    expect(await power()).toContain('PowerState/running');
    expect((await call(cloud.clientOf(), 'post', `${vm}/deallocate`, compute)).status).toBe(202);
    clock.advance(1000);
    expect(await power()).toContain('PowerState/deallocated');
    expect(JSON.stringify((await get(`${vm}/instanceView`, compute)).body)).toContain(
      'PowerState/deallocated',
    );
    const refused = await put(extension, compute, body);
    expect([refused.status, code(refused.body)]).toEqual([409, 'OperationNotAllowed']);
    expect((await call(cloud.clientOf(), 'post', `${vm}/start`, compute)).status).toBe(202);
  });
});

describe('an HCI cluster', () => {
  it('takes an extension in its Arc settings once connectivity is enabled', async () => {
    const cluster = at('Microsoft.AzureStackHCI/clusters', 'cluster1');
    const settings = `${cluster}/arcSettings/default`;
    const extension = `${settings}/extensions/AdminCenter`;
    const extensionParameters = {
      publisher: 'Microsoft.AdminCenter',
      type: 'AdminCenter',
      settings: { port: '6516' },
      protectedSettings: { token: 'secret' },
    };
    await settled(cluster, hci, { location });
    await put(settings, hci, { properties: {} });
    const early = await put(extension, hci, { properties: { extensionParameters } });
    expect([early.status, code(early.body)]).toEqual([400, 'ConnectivityNotEnabled']);
    const body = { properties: { connectivityProperties: { enabled: true } } };
    expect((await call(cloud.clientOf(), 'patch', settings, hci, { body })).status).toBe(200);
    await settled(extension, hci, { properties: { extensionParameters } });
    const { body: shown } = await get(extension, hci);
    expect(shown).toMatchObject({
      properties: { provisioningState: 'Succeeded', extensionParameters: { settings: { port: '6516' } } },
    });
    expect(JSON.stringify(shown)).not.toContain('secret');
  });
});

// "Azure resource providers and types", learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
describe('a resource provider', () => {
  const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.HybridConnectivity`;
  const change = async (action: string) =>
    (await call(cloud.clientOf(), 'post', `${provider}/${action}`, '2021-04-01')).body;

  it('registers and unregisters with a state that lags behind', async () => {
    const state = async () => (await get(provider, '2021-04-01')).body;
    expect(await change('register')).toMatchObject({ registrationState: 'Registering' });
    clock.advance(1000);
    expect(await state()).toMatchObject({ registrationState: 'Registered' });
    expect(await change('unregister')).toMatchObject({ registrationState: 'Unregistering' });
    clock.advance(1000);
    expect(await state()).toMatchObject({ registrationState: 'Unregistered' });
  });

  it('is not unregistered while the subscription has resources of it', async () => {
    const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Relay/unregister`;
    expect((await call(cloud.clientOf(), 'post', path, '2021-04-01')).status).toBe(409);
  });
});
