import { DnsManagementClient } from '@azure/arm-dns';
import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud, subscriptionId, zone } from './cloud.ts';

const group = 'rg-local';
let cloud: Cloud;
let dns: DnsManagementClient;
beforeAll(async () => {
  cloud = await startCloud();
  dns = new DnsManagementClient(new DefaultAzureCredential(), subscriptionId, {
    endpoint: cloud.arm.origin,
    retryOptions: { maxRetries: 0 },
  });
});

const texts = (name: string) =>
  cloud.arm.zones
    .recordSets(zone, name)
    .filter(({ type }) => type === 'TXT')
    .flatMap(({ values }) => values);

describe('record sets through @azure/arm-dns', () => {
  it('creates a TXT set once under If-None-Match and edits it by its ETag', async () => {
    const name = '_acme-challenge.a';
    const first = await dns.recordSets.createOrUpdate(
      group,
      zone,
      name,
      'TXT',
      { ttl: 60, txtRecords: [{ value: ['one'] }] },
      { ifNoneMatch: '*' },
    );
    expect(first).toMatchObject({
      name,
      fqdn: `${name}.${zone}.`,
      ttl: 60,
      type: 'Microsoft.Network/dnszones/TXT',
    });
    await expect(
      dns.recordSets.createOrUpdate(group, zone, name, 'TXT', { ttl: 60 }, { ifNoneMatch: '*' }),
    ).rejects.toMatchObject({ statusCode: 412, code: 'PreconditionFailed' });
    const both = { ttl: 60, txtRecords: [{ value: ['one'] }, { value: ['t', 'wo'] }] };
    await dns.recordSets.createOrUpdate(group, zone, name, 'TXT', both, { ifMatch: first.etag ?? '' });
    await expect(
      dns.recordSets.createOrUpdate(group, zone, name, 'TXT', both, { ifMatch: first.etag ?? '' }),
    ).rejects.toMatchObject({ statusCode: 412 });
    expect(texts(name)).toEqual(['one', 'two']);
    await dns.recordSets.delete(group, zone, name, 'TXT');
    expect(texts(name)).toEqual([]);
    await expect(dns.recordSets.get(group, zone, name, 'TXT')).rejects.toMatchObject({
      statusCode: 404,
      code: 'NotFound',
    });
    await dns.recordSets.delete(group, zone, name, 'TXT');
  });

  it('shows wildcard and address sets to the name server', async () => {
    await dns.recordSets.createOrUpdate(group, zone, '*.Machine', 'A', {
      ttl: 300,
      aRecords: [{ ipv4Address: '127.0.0.1' }],
    });
    await dns.recordSets.createOrUpdate(group, zone, 'v6', 'AAAA', {
      ttl: 300,
      aaaaRecords: [{ ipv6Address: '::1' }],
    });
    await dns.recordSets.createOrUpdate(group, zone, 'alias', 'CNAME', {
      ttl: 30,
      cnameRecord: { cname: 'proxy.example' },
    });
    const { zones } = cloud.arm;
    expect(zones.recordSets(zone, '*.machine')).toEqual([
      { type: 'A', ttlSeconds: 300, values: ['127.0.0.1'] },
    ]);
    expect(zones.recordSets(zone, 'v6')).toEqual([{ type: 'AAAA', ttlSeconds: 300, values: ['::1'] }]);
    expect(zones.recordSets(zone, 'alias')).toEqual([
      { type: 'CNAME', ttlSeconds: 30, values: ['proxy.example'] },
    ]);
    expect(zones.exists(zone, 'machine')).toBe(true);
    expect(zones.exists(zone, 'chine')).toBe(false);
    expect(zones.zoneOf(`x.y.${zone.toUpperCase()}.`)).toBe(zone);
    expect(zones.zoneOf('elsewhere.example')).toBeUndefined();
    expect(zones.recordSets(zone, '@').map(({ type }) => type)).toEqual(['NS', 'SOA']);
  });

  it('pages its lists', async () => {
    const names = ['p1', 'p2', 'p3'];
    for (const name of names)
      await dns.recordSets.createOrUpdate(group, zone, name, 'TXT', {
        ttl: 1,
        txtRecords: [{ value: [name] }],
      });
    const pages: (string | undefined)[][] = [];
    for await (const page of dns.recordSets.listByType(group, zone, 'TXT', { top: 2 }).byPage())
      pages.push(page.map(({ name }) => name));
    expect(pages).toEqual([['p1', 'p2'], ['p3']]);
    const all: string[] = [];
    for await (const { type = '' } of dns.recordSets.listByDnsZone(group, zone)) all.push(type);
    expect(all).toEqual(
      expect.arrayContaining(['Microsoft.Network/dnszones/SOA', 'Microsoft.Network/dnszones/TXT']),
    );
    const { numberOfRecordSets } = await dns.zones.get(group, zone);
    expect(numberOfRecordSets).toBe(all.length);
  });

  it.each([
    [
      'a value of more than 1024 characters',
      'long',
      { txtRecords: [{ value: Array.from({ length: 5 }, () => 'x'.repeat(250)) }] },
      400,
    ],
    ['a string of more than 255 characters', 'long', { txtRecords: [{ value: ['x'.repeat(256)] }] }, 400],
    [
      'more than 20 records',
      'many',
      { txtRecords: Array.from({ length: 21 }, (_, i) => ({ value: [`${i}`] })) },
      400,
    ],
    ['a wildcard that is not the first label', 'a.*', { txtRecords: [{ value: ['x'] }] }, 400],
    ['records of another type', 'mixed', { aRecords: [{ ipv4Address: '127.0.0.1' }] }, 400],
  ])('refuses %s', async (_, name, set, statusCode) => {
    await expect(
      dns.recordSets.createOrUpdate(group, zone, name, 'TXT', { ttl: 1, ...set }),
    ).rejects.toMatchObject({ statusCode, code: 'BadRequest' });
  });

  it('lets a CNAME share its name with nothing', async () => {
    await dns.recordSets.createOrUpdate(group, zone, 'solo', 'CNAME', {
      ttl: 1,
      cnameRecord: { cname: 'x.example' },
    });
    await expect(
      dns.recordSets.createOrUpdate(group, zone, 'solo', 'TXT', { ttl: 1, txtRecords: [{ value: ['x'] }] }),
    ).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
  });

  it('keeps the apex sets and refuses sets of a zone that is not there', async () => {
    await expect(dns.recordSets.delete(group, zone, '@', 'SOA')).rejects.toMatchObject({ statusCode: 400 });
    await expect(
      dns.recordSets.createOrUpdate(group, 'none.localhost', 'a', 'TXT', { ttl: 1 }),
    ).rejects.toMatchObject({ statusCode: 404, code: 'ParentResourceNotFound' });
    await expect(dns.recordSets.createOrUpdate(group, zone, 'mail', 'MX', { ttl: 1 })).rejects.toMatchObject({
      statusCode: 400,
      code: 'InvalidResourceType',
    });
  });

  it('takes a deleted zone with its record sets from the name server', async () => {
    await dns.zones.createOrUpdate(group, 'gone.localhost', { location: 'global' });
    await dns.recordSets.createOrUpdate(group, 'gone.localhost', 'a', 'TXT', {
      ttl: 1,
      txtRecords: [{ value: ['x'] }],
    });
    await dns.zones.beginDeleteAndWait(group, 'gone.localhost');
    expect(cloud.arm.zones.zoneOf('a.gone.localhost')).toBeUndefined();
    expect(cloud.arm.zones.recordSets('gone.localhost', 'a')).toEqual([]);
  });
});
