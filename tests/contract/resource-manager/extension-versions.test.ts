import { beforeAll, describe, expect, it } from 'vitest';
import type { ArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { armOf, deliveries, extensionSeed, machineOf, vm } from '../../support/machine-extension-subjects.ts';
import { type Cloud, call, machineId, startCloud } from './cloud.ts';

const token = 'a token that is long enough';
const settings = { port: '6516', salt: 'salt', controlPlane: 'https://api.example' };

let cloud: Cloud;
let arm: ArmClient;
beforeAll(async () => {
  cloud = await startCloud({ seed: extensionSeed });
  arm = armOf(cloud);
  for (const resourceId of [machineId, vm]) await machineOf(cloud, resourceId).goals();
});

describe.each([
  ['an Arc machine', machineId, '2024-07-10'],
  ['a virtual machine', vm, '2024-07-01'],
])('an old version on %s', (_, resourceId, version) => {
  const path = `${resourceId}/extensions/AdminCenter`;
  const forced = async () => {
    const { body } = await call(cloud.clientOf(), 'get', path, version);
    return (body as { properties: { forceUpdateTag?: string } }).properties.forceUpdateTag;
  };

  it('lets nobody connect, and is upgraded by the next install, once', async () => {
    const machine = machineOf(cloud, resourceId);
    const extension = createArmMachineExtension({ arm });
    await extension.beginRemove(resourceId);
    await machine.play();
    await extension.beginInstall(resourceId, settings, token);
    expect(await forced()).toBeUndefined();
    await machine.play('success', '0.0.0.168');
    expect(await extension.read(resourceId)).toMatchObject({
      version: '0.0.0.168',
      connectNeeds: '0.0.0.169',
    });
    await extension.beginInstall(resourceId, settings, token);
    expect(await forced()).toBe('0.0.0.168');
    const { sequence } = await machine.goals();
    await extension.beginInstall(resourceId, settings, token);
    expect((await machine.goals()).sequence).toBe(sequence);
    await machine.play('success', '0.0.0.203');
    expect(await extension.read(resourceId)).not.toHaveProperty('connectNeeds');
    await extension.beginInstall(resourceId, settings, token);
    expect((await machine.goals()).sequence).toBe(sequence);
  });

  it('is told of no proxy, a newer one is', async () => {
    const machine = machineOf(cloud, resourceId);
    const extension = createArmMachineExtension({ arm });
    const proxy = { mode: 'application', address: 'http://proxy.example:8080' } as const;
    const told = async () => {
      const [goal] = (await machine.goals()).extensions;
      return (goal as { settings?: { proxy?: object } } | undefined)?.settings?.proxy;
    };
    await extension.beginRemove(resourceId);
    await machine.play();
    await extension.beginInstall(resourceId, settings, token);
    await machine.play('success', '0.0.0.321');
    await extension.beginInstall(resourceId, { ...settings, proxy }, token);
    expect(await told()).toBeUndefined();
    await extension.beginInstall(resourceId, { ...settings, port: '443' }, token);
    await machine.play('success', '0.0.0.322');
    await extension.beginInstall(resourceId, { ...settings, proxy }, token);
    expect(await told()).toEqual(proxy);
  });

  it('of another handler has no gate', async () => {
    const delivery = { ...deliveries.handler, publisher: 'Contoso.AdminCenter' };
    const extension = createArmMachineExtension({ arm, delivery });
    await extension.beginRemove(resourceId);
    await machineOf(cloud, resourceId).play();
    await extension.beginInstall(resourceId, settings, token);
    await machineOf(cloud, resourceId).play('success', '0.0.0.1');
    await extension.beginInstall(resourceId, settings, token);
    expect(await forced()).toBeUndefined();
    expect(await extension.read(resourceId)).not.toHaveProperty('connectNeeds');
  });
});
