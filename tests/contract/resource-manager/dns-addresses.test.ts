import { randomBytes } from 'node:crypto';
import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ArmClient, createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import { encodeBase32 } from '#shared/domain/base32.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { machineIdOf, machineNameOf } from '#shared/domain/machine-name.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { addressesIn, addressWritings } from '../../support/address-writings.ts';
import { type Cloud, call, groupId, startCloud, versions, zone } from './cloud.ts';

const location = 'westeurope';
const network = '2024-05-01';
const at = (type: string, name: string) => `${groupId}/providers/Microsoft.Network/${type}/${name}`;
const machine = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm1`;
const zoneId = at('dnszones', zone);
const proxy = 'proxy.example.net';
const key = randomBytes(32);
const proofs = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];

let cloud: Cloud;
let arm: ArmClient;
let dns: DnsZone;
let addresses: string[];
beforeAll(async () => {
  cloud = await startCloud();
  const options = {
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com',
    credential: new DefaultAzureCredential(),
  };
  arm = createArmClient(options);
  dns = createAzureDnsZone({ ...options, zoneId, now: () => new Date() });
  addresses = await addressesOfMachine();
});

/** A virtual machine with an address inside and one outside; both as Azure chose them. */
async function addressesOfMachine(): Promise<string[]> {
  const put = (path: string, properties: object) =>
    call(cloud.clientOf(), 'put', path, network, { body: { location, properties } });
  const [outside, inside] = [at('publicIPAddresses', 'pip1'), at('networkInterfaces', 'nic1')];
  await put(outside, { publicIPAllocationMethod: 'Static' });
  await put(inside, {
    ipConfigurations: [{ name: 'ip', properties: { publicIPAddress: { id: outside } } }],
  });
  const publicAddress = z.object({ properties: z.object({ ipAddress: z.string() }) });
  const configuration = z.object({ properties: z.object({ privateIPAddress: z.string() }) });
  const card = z.object({ properties: z.object({ ipConfigurations: z.array(configuration) }) });
  return [
    (await arm.get(outside, network, publicAddress)).properties.ipAddress,
    ...(await arm.get(inside, network, card)).properties.ipConfigurations.map(
      (one) => one.properties.privateIPAddress,
    ),
    '2001:db8:0:12::5',
  ];
}

/** Everything that stands in the zone, whoever asks: names, values and notes of every record set. */
const everything = async (): Promise<string> =>
  JSON.stringify(await arm.list(`${zoneId}/recordsets`, versions.dns, z.unknown()));

const nameOf = (salt: string) => machineNameOf(key, machine, salt);
const owner = machineIdOf(machine);

/** What an install does to the zone, then a renewal beside it, then a second install under a new salt. */
async function installs(): Promise<string[]> {
  const labels: string[] = [];
  for (const salt of ['first salt', 'second salt']) {
    const name = nameOf(salt);
    await dns.pointName(name, proxy, owner);
    await dns.pointName(`*.${name}`, proxy, owner);
    for (const value of proofs) await dns.addTextValues(`_acme-challenge.${name}`, [value]);
    await dns.removeTextValues(`_acme-challenge.${name}`, proofs.slice(0, 1));
    const sessionId = encodeBase32(randomBytes(10));
    labels.push(mintLabel(key, name, { sessionId, service: 'WAC', expiresAt: 1_800_000_000 }));
  }
  return labels;
}

describe('the zone after an install in reverse mode (requirement 63 and C11)', () => {
  let labels: string[];
  beforeEach(async () => {
    labels = await installs();
  });

  it('tells no address of the machine in any name, value, note or label, in any writing', async () => {
    const published = await everything();
    for (const name of [nameOf('first salt'), `*.${nameOf('second salt')}`, owner, proofs[1]])
      expect(published).toContain(name);
    expect(addressesIn(published, addresses)).toEqual([]);
    expect(addressesIn(labels.join(' '), addresses)).toEqual([]);
  });

  it('would be caught telling one', async () => {
    const [outside = ''] = addresses;
    await dns.pointName('direct', outside, owner);
    expect(addressesIn(await everything(), addresses)).toContain(outside);
    await dns.removeName('direct', owner);
    for (const writing of addressWritings(outside).filter((text) => /^[a-z0-9-]+$/.test(text))) {
      await dns.addTextValues(`note-${writing}`, ['x']);
      expect(addressesIn(await everything(), addresses)).toContain(writing);
      await dns.removeTextValues(`note-${writing}`, ['x']);
    }
    expect(addressesIn(await everything(), addresses)).toEqual([]);
  });

  it('is empty of the machine after the uninstall, but for what is still being proved', async () => {
    for (const salt of ['first salt', 'second salt']) {
      await dns.removeName(`*.${nameOf(salt)}`, owner);
      await dns.removeName(nameOf(salt), owner);
      await dns.removeTextValues(`_acme-challenge.${nameOf(salt)}`, proofs);
    }
    const published = await everything();
    for (const told of [nameOf('first salt'), nameOf('second salt'), owner])
      expect(published).not.toContain(told);
  });
});
