import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type Cloud, groupId, startCloud, zone } from './cloud.ts';

let cloud: Cloud;
let dns: DnsZone;
const zoneOf = (name: string) =>
  createAzureDnsZone({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com',
    credential: new DefaultAzureCredential(),
    zoneId: `${groupId}/providers/Microsoft.Network/dnszones/${name}`,
  });
beforeAll(async () => {
  cloud = await startCloud();
  dns = zoneOf(zone);
});
beforeEach(() => cloud.arm.faults.clear());

const at = (name: string) =>
  cloud.arm.zones.recordSets(zone, name).map(({ type, values }) => [type, ...values]);
const texts = (name: string) => at(name).flatMap(([type, ...values]) => (type === 'TXT' ? values : []));

describe('names', () => {
  it('point at a host name or at an address, one at a time', async () => {
    for (const name of ['m1', '*.m1']) {
      await dns.pointName(name, 'proxy.example.net');
      await dns.pointName(name, 'proxy.example.net');
      expect(at(name)).toEqual([['CNAME', 'proxy.example.net']]);
      await dns.pointName(name, '192.0.2.1');
      expect(at(name)).toEqual([['A', '192.0.2.1']]);
      await dns.pointName(name, '2001:db8::1');
      expect(at(name)).toEqual([['AAAA', '2001:db8::1']]);
      await dns.removeName(name);
      await dns.removeName(name);
      expect(at(name)).toEqual([]);
    }
  });
});

describe('TXT values', () => {
  it('are added in one write and taken out without touching others', async () => {
    const name = '_acme-challenge.m1';
    const writes = () => cloud.arm.calls.count('PUT Microsoft.Network/dnsZones/TXT');
    const before = writes();
    await dns.addTextValues(name, ['base', 'wildcard']);
    expect(writes()).toBe(before + 1);
    await dns.addTextValues(name, ['base', 'other']);
    await dns.addTextValues(name, ['base', 'other']);
    expect(writes()).toBe(before + 2);
    await dns.removeTextValues(name, ['base', 'wildcard']);
    expect(texts(name)).toEqual(['other']);
    await dns.removeTextValues(name, ['other']);
    await dns.removeTextValues(name, ['other']);
    expect(texts(name)).toEqual([]);
  });

  it('survive writers that race for one name', async () => {
    const values = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(values.map((value) => dns.addTextValues('race', [value])));
    expect(texts('race').toSorted()).toEqual(values);
    await Promise.all(values.slice(1).map((value) => dns.removeTextValues('race', [value])));
    expect(texts('race')).toEqual(['a']);
  });

  it('keep a value of more than 255 characters whole', async () => {
    const long = 'x'.repeat(600);
    await dns.addTextValues('long', [long]);
    await dns.addTextValues('long', ['short']);
    expect(texts('long')).toEqual([long, 'short']);
  });
});

describe('failures', () => {
  it('name the zone that is not there', async () => {
    const missing = zoneOf('none.localhost');
    await expect(missing.addTextValues('a', ['x'])).rejects.toMatchObject({ code: 'dns_zone_missing' });
    await expect(missing.pointName('a', 'x.example')).rejects.toMatchObject({ code: 'dns_zone_missing' });
    expect(() => zoneOf('a/b/c')).toThrow(expect.objectContaining({ code: 'configuration_incomplete' }));
  });

  it('pass when they are passing, and say so when they stay', async () => {
    const operation = 'PUT Microsoft.Network/dnsZones/TXT';
    cloud.arm.faults.set(operation, { status: 500, count: 1 });
    await dns.addTextValues('passing', ['x']);
    expect(texts('passing')).toEqual(['x']);
    cloud.arm.faults.set(operation, { drop: true });
    await expect(dns.addTextValues('staying', ['x'])).rejects.toMatchObject({ code: 'dns_unavailable' });
    cloud.arm.faults.set(operation, { status: 412 });
    await expect(dns.addTextValues('racing', ['x'])).rejects.toMatchObject({ code: 'dns_record_conflict' });
  });

  it('say what Azure DNS refuses', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `${index}`);
    await expect(dns.addTextValues('many', many)).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armStatus: 400, armCode: 'BadRequest' },
    });
  });
});
