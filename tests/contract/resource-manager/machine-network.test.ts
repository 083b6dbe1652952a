import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArmClient, type ArmRequest, createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineNetwork } from '#shared/adapters/azure/arm-machine-network.ts';
import { AppError } from '#shared/domain/error.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import { openAzure } from '../../support/machine-network-subjects.ts';
import { call, groupId } from './cloud.ts';

const ruleType = 'Microsoft.Network/networkSecurityGroups/securityRules';
const theirs: SecurityRule = {
  name: 'theirs',
  direction: 'Inbound',
  access: 'Allow',
  protocol: 'Tcp',
  priority: 300,
  sources: ['*'],
  sourcePorts: ['*'],
  destinations: ['*'],
  destinationPorts: ['443'],
};

const waitsMs = [0, 20, 50, 100, 200];

let subject: Awaited<ReturnType<typeof openAzure>>;
let arm: ArmClient;
let count = 0;
beforeAll(async () => {
  subject = await openAzure();
  arm = createArmClient({
    endpoint: subject.cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });
});
beforeEach(() => subject.cloud.arm.faults.clear());

/** A machine whose rule is opened by an adapter that `meddle` stands in front of, before its first change. */
async function start(meddle: (request: ArmRequest, group: string) => Promise<void> | void = () => {}) {
  count += 1;
  const group = `nsg-${count}`;
  await subject.addGroup(group);
  const publicAddress = `203.0.113.${count}`;
  const resourceId = await subject.addMachine(`vm-${count}`, { interfaceGroup: group, publicAddress });
  const machineId = machineIdOf(resourceId);
  let hasMeddled = false;
  const network = createArmMachineNetwork({
    now: Date.now,
    waitsMs,
    arm: {
      ...arm,
      async send(request) {
        if (request.method !== 'GET' && !hasMeddled) {
          hasMeddled = true;
          await meddle(request, group);
        }
        return arm.send(request);
      },
    },
  });
  const open = (sources = ['192.0.2.9'], by = network) =>
    by.openPort({ resourceId, machineId, address: publicAddress, port: 6516, sources });
  return { group, machineId, network, open };
}

describe('the addresses of a machine with several interfaces', () => {
  const at = (type: string, name: string) => `${groupId}/providers/${type}/${name}`;
  const put = async (path: string, version: string, body: object) =>
    expect((await call(subject.cloud.clientOf(), 'put', path, version, { body })).status).toBe(201);

  it('begin with the primary one, leave out what is gone, and have each the group of their own', async () => {
    const location = 'westeurope';
    const networkInterfaces = [];
    for (const [name, primary] of [
      ['second', undefined],
      ['first', true],
      ['gone', false],
    ] as const) {
      const id = at('Microsoft.Network/networkInterfaces', name);
      networkInterfaces.push({ id, ...(primary !== undefined && { properties: { primary } }) });
      const guarded = await subject.addGroup(`nsg-${name}`);
      const configuration = (which: string, isPrimary: boolean) => ({
        name: which,
        properties: { privateIPAddress: `10.0.${name.length}.${isPrimary ? 1 : 2}`, primary: isPrimary },
      });
      const ipConfigurations = [configuration('more', false), configuration('main', true)];
      const properties = {
        ipConfigurations,
        networkSecurityGroup: { id: guarded.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions') },
      };
      await put(id, '2024-05-01', { location, properties });
    }
    const resourceId = at('Microsoft.Compute/virtualMachines', 'vm-many');
    const networkProfile = { networkInterfaces };
    await put(resourceId, '2024-07-01', { location, properties: { networkProfile } });
    const refuser = {
      ...arm,
      get: (async (path: string, ...more: [string, never]) => {
        if (path.endsWith('/gone'))
          throw new AppError('resource_manager_refused', '404', { facts: { armStatus: 404 } });
        return arm.get(path, ...more);
      }) as ArmClient['get'],
    };
    const network = createArmMachineNetwork({ arm: refuser, now: Date.now });
    const found = await network.addressesOf(resourceId);
    expect(
      found.map(({ address, groups }) => [address, groups.map(({ id }) => id.split('/').at(-1))]),
    ).toEqual([
      ['10.0.5.1', ['nsg-first']],
      ['10.0.5.2', ['nsg-first']],
      ['10.0.6.1', ['nsg-second']],
      ['10.0.6.2', ['nsg-second']],
    ]);
  });
});

describe('a rule, while others work on the group', () => {
  it('is not written over one of that name that came first', async () => {
    const { group, open } = await start((_, at) => subject.putRule(at, { ...theirs, name: 'PortForWAC' }));
    await expect(open()).rejects.toMatchObject({
      code: 'port_rule_foreign',
      facts: { rule: 'PortForWAC', group: expect.stringContaining(`/networkSecurityGroups/${group}`) },
    });
    expect(await subject.rulesIn(group)).toMatchObject([{ name: 'PortForWAC', destinationPorts: ['443'] }]);
  });

  it('takes another priority when its own is taken meanwhile', async () => {
    const { group, open } = await start((_, at) => subject.putRule(at, theirs));
    await open();
    expect(await subject.rulesIn(group)).toMatchObject([
      { name: 'theirs', priority: 300 },
      { name: 'PortForWAC', priority: 310 },
    ]);
  });

  it('is not changed back when somebody took it over meanwhile', async () => {
    const { group, open } = await start(async (_, at) => {
      const [made] = await subject.rulesIn(at);
      if (made) await subject.putRule(at, { ...made, sources: ['*'], description: 'ours now' });
    });
    await open(undefined, subject.network);
    expect(await open(['192.0.2.10'])).toMatchObject({ isOurs: false });
    expect(await subject.rulesIn(group)).toMatchObject([{ sources: ['*'], description: 'ours now' }]);
  });

  it('stays when somebody took it over just before it was to go', async () => {
    const { group, open, network, machineId } = await start(async (_, at) => {
      const [made] = await subject.rulesIn(at);
      if (made) await subject.putRule(at, { ...made, description: 'ours now' });
    });
    const opened = await open(undefined, subject.network);
    await network.closePort(opened?.ruleId ?? '', machineId);
    expect(await subject.rulesIn(group)).toMatchObject([{ description: 'ours now' }]);
  });

  it('is one and the same when two open it at a time', async () => {
    const { group, open } = await start();
    const opened = await Promise.all([open(), open(), open(undefined, subject.network)]);
    expect(new Set(opened.map((one) => one?.ruleId)).size).toBe(1);
    expect((await subject.rulesIn(group)).map(({ name }) => name)).toEqual(['PortForWAC']);
  });
});

describe('a rule, when Azure Resource Manager has its troubles', () => {
  it.each([
    ['answers 503', { status: 503, count: 1 }, { drop: true, count: 1 }],
    ['answers 409', { status: 409, count: 2 }, { status: 409, count: 2 }],
    ['limits the rate', { drop: true, count: 2 }, { throttleMs: 10, count: 1 }],
  ])('is opened and closed when it %s or breaks off', async (_, atOpening, atClosing) => {
    const { group, network, machineId, open } = await start();
    subject.cloud.arm.faults.set(`PUT ${ruleType}`, atOpening);
    const opened = await open();
    expect(opened).toMatchObject({ isOurs: true, openedAt: expect.any(String) });
    subject.cloud.arm.faults.set(`DELETE ${ruleType}`, atClosing);
    await network.closePort(opened?.ruleId ?? '', machineId);
    expect(await subject.rulesIn(group)).toEqual([]);
  });

  it('is found again by a write whose answer was lost, and was opened then', async () => {
    const { group, open } = await start(async (request) => void (await arm.send(request)));
    expect(await open()).toMatchObject({ isOurs: true, openedAt: expect.any(String) });
    expect((await subject.rulesIn(group)).map(({ name }) => name)).toEqual(['PortForWAC']);
  });

  /** Opens a rule whose operation ends once as it is told. */
  async function openWithEnd(status: string, code: string) {
    const { open } = await start();
    const error = { code, message: 'as told' };
    let lies = 1;
    const liar: ArmClient = {
      ...arm,
      async follow(url) {
        const reply = await arm.follow(url);
        lies -= 1;
        return lies < 0 ? reply : { ...reply, body: { status, error } };
      },
    };
    return open(undefined, createArmMachineNetwork({ now: Date.now, waitsMs, arm: liar }));
  }

  it('is refused when its operation fails', async () => {
    await expect(openWithEnd('Failed', 'InternalServerError')).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armCode: 'InternalServerError' },
    });
  });

  it.each([
    ['Failed', 'RetryableError'],
    ['Canceled', 'CanceledAndSupersededDueToAnotherOperation'],
  ])('is opened after all when its operation ends as %s with %s', async (status, code) => {
    expect(await openWithEnd(status, code)).toMatchObject({ isOurs: true });
  });

  it('is refused at once by a lock, which no repetition opens', async () => {
    const { group, network, machineId, open } = await start();
    const opened = await open();
    const lock = `${groupId}/providers/Microsoft.Network/networkSecurityGroups/${group}/providers/Microsoft.Authorization/locks/keep`;
    const body = { properties: { level: 'CanNotDelete' } };
    expect((await call(subject.cloud.clientOf(), 'put', lock, '2020-05-01', { body })).status).toBe(201);
    await expect(network.closePort(opened?.ruleId ?? '', machineId)).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armCode: 'ScopeLocked' },
    });
  });

  it('is given up for now when others never stop', async () => {
    const { open } = await start();
    subject.cloud.arm.faults.set(`PUT ${ruleType}`, { status: 409 });
    await expect(open()).rejects.toMatchObject({ code: 'resource_manager_unavailable' });
  });
});
