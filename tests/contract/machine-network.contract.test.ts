import { beforeAll, describe, expect, it } from 'vitest';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { PortSources } from '#shared/domain/reach.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import { type MachineNetworkSubject, openAzure, openMemory } from '../support/machine-network-subjects.ts';
import { machine as arcMachine } from '../support/sample-machine.ts';

const offices = ['198.51.100.0/24', '192.0.2.9'];
const theirs: SecurityRule = {
  name: 'theirs',
  direction: 'Inbound',
  access: 'Allow',
  protocol: 'Tcp',
  priority: 200,
  sources: ['*'],
  sourcePorts: ['*'],
  destinations: ['*'],
  destinationPorts: ['443'],
};

describe.each([
  ['in memory', openMemory],
  ['in Azure', openAzure],
])('the network of virtual machines %s', (_, open) => {
  let subject: MachineNetworkSubject;
  let count = 0;
  beforeAll(async () => {
    subject = await open();
  });

  /** A machine with a public address and a group of its own, unless another is named. */
  async function start(rules: readonly SecurityRule[] = [], given?: { group: string }) {
    count += 1;
    const name = `vm-${count}`;
    const group = given?.group ?? `nsg-${count}`;
    if (!given) await subject.addGroup(group, rules);
    const publicAddress = `203.0.113.${count}`;
    const resourceId = await subject.addMachine(name, { interfaceGroup: group, publicAddress });
    const machineId = machineIdOf(resourceId);
    const openTo = (sources: PortSources, port = 6516) =>
      subject.network.openPort({ resourceId, machineId, address: publicAddress, port, sources });
    const close = (ruleId: string) => subject.network.closePort(ruleId, machineId);
    return { resourceId, machineId, publicAddress, group, openTo, close };
  }

  it('shows the addresses of a machine, private ones first, with the groups that guard them', async () => {
    await subject.addGroup('own');
    await subject.addGroup('wide', [theirs]);
    const resourceId = await subject.addMachine('vm-shown', {
      interfaceGroup: 'own',
      subnetGroup: 'wide',
      privateAddress: '10.0.0.9',
      publicAddress: '203.0.113.250',
    });
    const addresses = await subject.network.addressesOf(
      resourceId.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'),
    );
    expect(addresses).toMatchObject([
      { address: '10.0.0.9', isPublic: false, listenOn: '10.0.0.9' },
      { address: '203.0.113.250', isPublic: true, listenOn: '10.0.0.9' },
    ]);
    for (const { groups } of addresses)
      expect(
        groups.map(({ guards, rules }) => [guards, rules.some(({ name }) => name === 'theirs')]),
      ).toEqual([
        ['interface', false],
        ['subnet', true],
      ]);
  });

  it('shows none for a machine that is gone, and for one whose network Azure does not have', async () => {
    expect(await subject.network.addressesOf(arcMachine.resourceId)).toEqual([]);
    const { resourceId } = await start();
    expect(await subject.network.addressesOf(`${resourceId}-gone`)).toEqual([]);
  });

  it('requirement 131: opens a port with a rule named PortForWAC', async () => {
    const { group, openTo } = await start();
    const opened = await openTo(offices);
    expect(opened).toMatchObject({ isOurs: true, port: 6516, sources: offices });
    expect(opened?.ruleId).toMatch(/\/networkSecurityGroups\/[^/]+\/securityRules\/PortForWAC$/);
    expect(Date.parse(opened?.openedAt ?? '')).not.toBeNaN();
    expect((await subject.rulesIn(group)).map(({ name }) => name)).toEqual(['PortForWAC']);
  });

  it('requirement 132: lets these sources in from any port to any destination on the port; C7: by TCP', async () => {
    const { group, machineId, openTo } = await start();
    await openTo(offices);
    expect(await subject.rulesIn(group)).toEqual([
      {
        name: 'PortForWAC',
        direction: 'Inbound',
        access: 'Allow',
        protocol: 'Tcp',
        priority: 300,
        sources: offices,
        sourcePorts: ['*'],
        destinations: ['*'],
        destinationPorts: ['6516'],
        description: expect.stringContaining(machineId),
      },
    ]);
  });

  it('requirement 133: lets anyone in when that is asked for', async () => {
    const { group, openTo } = await start();
    await openTo('any');
    expect(await subject.rulesIn(group)).toMatchObject([{ name: 'PortForWAC', sources: ['*'] }]);
  });

  it('changes a rule that is its own, and writes nothing where it stands as wanted', async () => {
    const { group, openTo } = await start();
    await openTo(offices);
    expect(await openTo([...offices].toReversed())).not.toHaveProperty('openedAt');
    expect(await openTo(['192.0.2.1'], 443)).toHaveProperty('openedAt');
    expect(await subject.rulesIn(group)).toMatchObject([
      { name: 'PortForWAC', sources: ['192.0.2.1'], destinationPorts: ['443'] },
    ]);
  });

  it('C7: accepts a rule of somebody else that lets the same through, with protocol Any too', async () => {
    const any = { ...theirs, name: 'PortForWAC', protocol: '*', destinationPorts: ['6000-7000'] };
    const { group, openTo, close } = await start([any]);
    const opened = await openTo(offices);
    expect(opened).toMatchObject({ isOurs: false, ruleId: expect.stringMatching(/\/PortForWAC$/) });
    expect(opened).not.toHaveProperty('openedAt');
    await close(opened?.ruleId ?? '');
    expect(await subject.rulesIn(group)).toEqual([any]);
  });

  it('refuses where somebody else has the name for another rule, and changes nothing', async () => {
    const other = { ...theirs, name: 'PortForWAC' };
    const { group, openTo } = await start([other]);
    await expect(openTo(offices)).rejects.toMatchObject({ code: 'port_rule_foreign' });
    expect(await subject.rulesIn(group)).toEqual([other]);
  });

  it('no longer counts a rule as its own once somebody took the mark off', async () => {
    const { group, openTo, close } = await start();
    const opened = await openTo(offices);
    const [made] = await subject.rulesIn(group);
    if (!made) throw new Error('no rule was made');
    const { description: _, ...unmarked } = made;
    await subject.putRule(group, unmarked);
    expect(await openTo(offices)).toMatchObject({ isOurs: false });
    await close(opened?.ruleId ?? '');
    expect(await subject.rulesIn(group)).toEqual([unmarked]);
  });

  it('gives machines that share a group a rule each, and takes away that of the one that leaves', async () => {
    const first = await start();
    const second = await start([], { group: first.group });
    const [one, two] = [await first.openTo(offices), await second.openTo(offices)];
    const names = ['PortForWAC', `PortForWAC-${second.machineId.slice(0, 6)}`];
    expect((await subject.rulesIn(first.group)).map(({ name }) => name)).toEqual(names);
    await first.openTo('any');
    await second.openTo(['192.0.2.7']);
    expect(await subject.rulesIn(first.group)).toMatchObject([
      { name: names[0], sources: ['*'] },
      { name: names[1], sources: ['192.0.2.7'] },
    ]);
    await second.close(one?.ruleId ?? '');
    await first.close(one?.ruleId ?? '');
    await first.close(one?.ruleId ?? '');
    expect(await subject.rulesIn(first.group)).toMatchObject([{ name: names[1] }]);
    expect(await second.openTo(['192.0.2.7'])).toMatchObject({ ruleId: two?.ruleId });
    await second.close(two?.ruleId ?? '');
    expect(await subject.rulesIn(first.group)).toEqual([]);
  });

  it('opens a port before the rules that refuse it, also when they came later', async () => {
    const refusal: SecurityRule = {
      ...theirs,
      name: 'deny',
      access: 'Deny',
      priority: 250,
      destinationPorts: ['*'],
    };
    const { group, openTo } = await start([refusal]);
    await openTo(offices);
    expect((await subject.rulesIn(group)).map(({ name }) => name)).toEqual(['PortForWAC', 'deny']);
    await subject.putRule(group, { ...refusal, name: 'deny more', priority: 110 });
    await openTo(offices);
    expect((await subject.rulesIn(group)).map(({ name }) => name)).toEqual([
      'PortForWAC',
      'deny more',
      'deny',
    ]);
  });

  it('refuses where no priority is left that counts', async () => {
    const first: SecurityRule = {
      ...theirs,
      name: 'deny',
      access: 'Deny',
      priority: 100,
      destinationPorts: ['*'],
    };
    const { group, openTo } = await start([first]);
    await expect(openTo(offices)).rejects.toMatchObject({ code: 'port_rule_full' });
    expect(await subject.rulesIn(group)).toEqual([first]);
  });

  it('opens nothing where no group guards the interface, and never changes the group of a subnet', async () => {
    await subject.addGroup('subnet-only', [theirs]);
    const address = '10.0.0.77';
    const shape = { subnetGroup: 'subnet-only', privateAddress: address };
    const resourceId = await subject.addMachine('vm-bare', shape);
    const machineId = machineIdOf(resourceId);
    const request = { resourceId, machineId, address, port: 6516, sources: 'any' } as const;
    expect(await subject.network.openPort(request)).toBeUndefined();
    expect(await subject.rulesIn('subnet-only')).toEqual([theirs]);
  });

  it('refuses an address that the machine does not have', async () => {
    const { resourceId, machineId } = await start();
    const request = { resourceId, machineId, address: '203.0.113.251', port: 6516, sources: 'any' } as const;
    await expect(subject.network.openPort(request)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('closes a rule that is gone, and one of a group that is gone', async () => {
    const { group, openTo, close } = await start();
    const opened = await openTo(offices);
    await subject.removeRule(group, 'PortForWAC');
    await close(opened?.ruleId ?? '');
    await close((opened?.ruleId ?? '').replace(/nsg-/, 'none-'));
    expect(await subject.rulesIn(group)).toEqual([]);
  });
});
