import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { AppError } from '#shared/domain/error.ts';
import {
  armOf,
  cluster,
  deliveries,
  extensionSeed,
  machineOf,
  vm,
} from '../../support/machine-extension-subjects.ts';
import { type Cloud, call, machineId, startCloud } from './cloud.ts';

const token = 'a token that is long enough';
const settings = { port: '6516', salt: 'salt', controlPlane: 'https://api.example' };

let cloud: Cloud;
let arm: ArmClient;
beforeAll(async () => {
  cloud = await startCloud({ seed: extensionSeed });
  arm = armOf(cloud);
  for (const resourceId of [machineId, vm, cluster]) await machineOf(cloud, resourceId).goals();
});
beforeEach(() => cloud.arm.faults.clear());

const kinds = [
  ['an Arc machine', machineId, 'Microsoft.HybridCompute/machines/extensions', '2024-07-10', 'extensions'],
  ['a virtual machine', vm, 'Microsoft.Compute/virtualMachines/extensions', '2024-07-01', 'extensions'],
  [
    'a cluster',
    cluster,
    'Microsoft.AzureStackHCI/clusters/arcSettings/extensions',
    '2024-04-01',
    'arcSettings/default/extensions',
  ],
] as const;

describe.each(kinds)('the extension of %s', (_, resourceId, type, version, collection) => {
  const extension = () => createArmMachineExtension({ arm });
  const machine = () => machineOf(cloud, resourceId);

  async function clear(): Promise<void> {
    cloud.arm.faults.clear();
    await extension().beginRemove(resourceId);
    await machine().play();
    expect(await extension().read(resourceId)).toEqual({ state: 'absent' });
  }
  beforeEach(clear);

  // Throttling is waited for by the client, which is the same for all.
  it.each(resourceId === machineId ? [409, 412, 429, 500] : [409, 412])(
    'is neither lost nor doubled when ARM answers %i',
    async (status) => {
      cloud.arm.faults.set(`PUT ${type}`, { status });
      await expect(extension().beginInstall(resourceId, settings, token)).rejects.toMatchObject({
        code: 'resource_manager_unavailable',
      });
      expect(await extension().read(resourceId)).toEqual({ state: 'absent' });
      cloud.arm.faults.clear();
      await extension().beginInstall(resourceId, settings, token);
      await machine().play();
      cloud.arm.faults.set(`DELETE ${type}`, { status });
      await expect(extension().beginRemove(resourceId)).rejects.toMatchObject({
        code: 'resource_manager_unavailable',
      });
      expect(await extension().read(resourceId)).toMatchObject({ state: 'succeeded' });
      cloud.arm.faults.clear();
      await extension().beginRemove(resourceId);
      await machine().play();
      expect(await extension().read(resourceId)).toEqual({ state: 'absent' });
    },
  );

  it('is one install when the answer to the first request is lost', async () => {
    let losses = 1;
    const losing: ArmClient = {
      ...arm,
      async send(request) {
        const reply = await arm.send(request);
        if (request.method === 'PUT' && losses-- > 0)
          throw new AppError('resource_manager_unavailable', 'the answer was lost');
        return reply;
      },
    };
    const lossy = createArmMachineExtension({ arm: losing });
    await expect(lossy.beginInstall(resourceId, settings, token)).rejects.toThrow('lost');
    const before = await machine().goals();
    await lossy.beginInstall(resourceId, settings, token);
    expect(await machine().goals()).toEqual(before);
  });

  it('is believed when it is read, whatever the answer to the request said', async () => {
    const lying: ArmClient = {
      ...arm,
      async send(request) {
        const reply = await arm.send(request);
        return { ...reply, status: 200, body: { properties: { provisioningState: 'Succeeded' } } };
      },
    };
    const fooled = createArmMachineExtension({ arm: lying });
    await fooled.beginInstall(resourceId, settings, token);
    expect(await fooled.read(resourceId)).toMatchObject({ state: 'creating' });
  });

  it('is there once its install has begun, also where a read comes from a moment ago', async () => {
    cloud.arm.faults.set(`GET ${type}`, { staleMs: 400 });
    await expect.poll(() => extension().read(resourceId)).toEqual({ state: 'absent' });
    await extension().beginInstall(resourceId, settings, token);
    expect(await extension().read(resourceId)).toMatchObject({ port: 6516 });
    await extension().beginInstall(resourceId, { ...settings, port: '443' }, token);
    expect(await extension().read(resourceId)).toMatchObject({ port: 443 });
  });

  it('is asked to go again when a request to go was taken and did nothing', async () => {
    await extension().beginInstall(resourceId, settings, token);
    await machine().play();
    let requests = 0;
    const idle: ArmClient = {
      ...arm,
      async send(request) {
        if (request.method !== 'DELETE') return arm.send(request);
        requests += 1;
        if (requests > 1) return arm.send(request);
        return { status: 202, body: '', etag: undefined, operation: undefined, retryAfterMs: undefined };
      },
    };
    const removing = createArmMachineExtension({ arm: idle });
    await removing.beginRemove(resourceId);
    expect(await removing.read(resourceId)).toMatchObject({ state: 'succeeded' });
    await removing.beginRemove(resourceId);
    expect(await removing.read(resourceId)).toMatchObject({ state: 'deleting' });
    await removing.beginRemove(resourceId);
    expect(requests).toBe(2);
  });

  it('requirement 53: is read as others installed it, and nothing of it is believed that makes no sense', async () => {
    const path = `${resourceId}/${collection}/AdminCenter`;
    const handler = { publisher: 'Microsoft.AdminCenter', type: 'AdminCenter' };
    for (const [given, port] of [
      [{ port: '443' }, 443],
      [{ port: 443, salt: 7 }, undefined],
      [{ port: '70000', controlPlane: '' }, undefined],
      [undefined, undefined],
    ] as const) {
      const parameters = { ...handler, ...(given && { settings: given }) };
      const body =
        resourceId === cluster
          ? { properties: { extensionParameters: parameters } }
          : { location: 'westeurope', properties: parameters };
      if (resourceId === cluster) {
        const connectivity = { properties: { connectivityProperties: { enabled: true } } };
        const arcSettings = `${cluster}/arcSettings/default`;
        await call(cloud.clientOf(), 'patch', arcSettings, version, { body: connectivity });
      }
      await call(cloud.clientOf(), 'put', path, version, { body });
      const seen = await extension().read(resourceId);
      expect(seen).toEqual({ state: 'creating', ...(port !== undefined && { port }) });
    }
  });
});

describe('what others put on an extension', () => {
  it.each([
    [machineId, '2024-07-10'],
    [vm, '2024-07-01'],
  ])('stays: tags of theirs, beside ours', async (resourceId, version) => {
    const extension = createArmMachineExtension({ arm });
    const path = `${resourceId}/extensions/AdminCenter`;
    const properties = { publisher: 'Microsoft.AdminCenter', type: 'AdminCenter', settings: {} };
    const body = { location: 'westeurope', tags: { costCenter: '42' }, properties };
    await extension.beginRemove(resourceId);
    await machineOf(cloud, resourceId).play();
    await call(cloud.clientOf(), 'put', path, version, { body });
    await extension.beginInstall(resourceId, settings, token);
    expect((await call(cloud.clientOf(), 'get', path, version)).body).toMatchObject({
      tags: {
        costCenter: '42',
        'admin-center-port': '6516',
        'admin-center-salt': 'salt',
        'admin-center-control-plane': 'https://api.example',
      },
    });
  });
});

describe('connectivity of a cluster', () => {
  it('is enabled once, before the first extension', async () => {
    const operation = 'PATCH Microsoft.AzureStackHCI/clusters/arcSettings';
    const path = `${cluster}/arcSettings/default`;
    const body = { properties: { connectivityProperties: { enabled: false } } };
    await call(cloud.clientOf(), 'patch', path, '2024-04-01', { body });
    const before = cloud.arm.calls.count(operation);
    const extension = createArmMachineExtension({ arm });
    await extension.beginInstall(cluster, settings, token);
    await extension.beginInstall(cluster, settings, token);
    expect(cloud.arm.calls.count(operation)).toBe(before + 1);
    expect((await call(cloud.clientOf(), 'get', path, '2024-04-01')).body).toMatchObject({
      properties: { connectivityProperties: { enabled: true } },
    });
  });
});

describe('a secret of a script', () => {
  it.each([
    ['custom-script', `${machineId}/extensions/AdminCenter`, '2024-07-10'],
    ['run-command', `${machineId}/runCommands/AdminCenter`, '2025-01-13'],
    ['custom-script', `${vm}/extensions/AdminCenter`, '2024-07-01'],
    ['run-command', `${vm}/runCommands/AdminCenter`, '2024-07-01'],
    ['custom-script', `${cluster}/arcSettings/default/extensions/AdminCenter`, '2024-04-01'],
  ] as const)('stands in no field that can be read, by %s on %s', async (kind, path, version) => {
    const [resourceId = ''] = path.split(/\/(?:extensions|runCommands|arcSettings)\//);
    for (const delivery of Object.values(deliveries)) {
      const other = createArmMachineExtension({ arm, delivery });
      for (let round = 0; round < 3; round += 1) {
        await other.beginRemove(resourceId);
        await machineOf(cloud, resourceId).play();
      }
    }
    const extension = createArmMachineExtension({ arm, delivery: deliveries[kind] });
    await extension.beginInstall(resourceId, settings, token);
    const told = JSON.stringify(await machineOf(cloud, resourceId).goals());
    const shown = JSON.stringify(
      (await call(cloud.clientOf(), 'get', path, version, { query: { $expand: 'instanceView' } })).body,
    );
    const readings = (text: string) => [
      text,
      ...(text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? []).flatMap((one) => {
        const bytes = Buffer.from(one, 'base64');
        return [bytes.toString('utf8'), bytes.toString('utf16le')];
      }),
    ];
    const everything = (text: string) => readings(text).flatMap(readings);
    expect(everything(told).some((text) => text.includes(token))).toBe(true);
    expect(everything(shown).filter((text) => text.includes(token))).toEqual([]);
  });
});
