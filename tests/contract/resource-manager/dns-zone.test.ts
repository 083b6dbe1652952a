import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type Cloud, call, groupId, startCloud, versions, zone } from './cloud.ts';

/** What the contract of the port does not say: the wire to Azure DNS. */
let cloud: Cloud;
let dns: DnsZone;
const at = new Date('2026-11-21T12:00:00.000Z');
const idOf = (name: string) => `${groupId}/providers/Microsoft.Network/dnszones/${name}`;
const zoneOf = (name: string) =>
  createAzureDnsZone({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com',
    credential: new DefaultAzureCredential(),
    zoneId: idOf(name),
    now: () => at,
  });
beforeAll(async () => {
  cloud = await startCloud();
  dns = zoneOf(zone);
});
beforeEach(() => cloud.arm.faults.clear());

const proxy = 'proxy.example.net';
const writesOf = (type: string) => cloud.arm.calls.count(`PUT Microsoft.Network/dnsZones/${type}`);
const setsAt = (name: string) =>
  cloud.arm.zones.recordSets(zone, name).map(({ type, values }) => [type, ...values]);
const textsAt = (name: string) => setsAt(name).flatMap(([type, ...values]) => (type === 'TXT' ? values : []));
const metadataOf = async (type: string, name: string) => {
  const { body } = await call(cloud.clientOf(), 'get', `${idOf(zone)}/${type}/${name}`, versions.dns);
  const shape = z.object({ properties: z.object({ metadata: z.record(z.string(), z.string()).optional() }) });
  return shape.parse(body).properties.metadata;
};
const putSet = (type: string, name: string, properties: object) =>
  call(cloud.clientOf(), 'put', `${idOf(zone)}/${type}/${name}`, versions.dns, { body: { properties } });

describe('our mark', () => {
  it('says whose a name is and when a proof was touched, beside what others noted', async () => {
    await dns.pointName('marked', proxy, 'machine-1');
    expect(await metadataOf('CNAME', 'marked')).toEqual({
      admin_center: 'name',
      admin_center_owner: 'machine-1',
    });
    await dns.addTextValues('_acme-challenge.marked', ['x']);
    const mark = { admin_center: 'proof', admin_center_touched: at.toISOString() };
    expect(await metadataOf('TXT', '_acme-challenge.marked')).toEqual(mark);
    await putSet('TXT', '_acme-challenge.marked', {
      TTL: 60,
      metadata: { ...mark, team: 'web' },
      TXTRecords: [{ value: ['x'] }],
    });
    await dns.addTextValues('_acme-challenge.marked', ['y']);
    expect(await metadataOf('TXT', '_acme-challenge.marked')).toEqual({ ...mark, team: 'web' });
  });

  it('is taken for very old without its date', async () => {
    await putSet('TXT', '_acme-challenge.undated', {
      TTL: 60,
      metadata: { admin_center: 'proof' },
      TXTRecords: [{ value: ['x'] }],
    });
    const proofs = await dns.listProofs();
    expect(proofs.find(({ relativeName }) => relativeName.endsWith('.undated'))?.touchedAt).toBe(
      '1970-01-01T00:00:00.000Z',
    );
  });
});

describe('names', () => {
  it('requirement 3: are made with one call, and repeated without a write', async () => {
    const before = cloud.arm.calls.all();
    await dns.pointName('single', proxy, 'machine-1');
    const after = cloud.arm.calls.all();
    const made = Object.entries(after).filter(([operation, count]) => count !== (before[operation] ?? 0));
    expect(made).toEqual([['PUT Microsoft.Network/dnsZones/CNAME', writesOf('CNAME')]]);
    const { etag: first } = (await setOf('single')) ?? {};
    await dns.pointName('single', proxy, 'machine-1');
    expect((await setOf('single'))?.etag).toBe(first);
  });

  const setOf = async (name: string) => {
    const { body } = await call(cloud.clientOf(), 'get', `${idOf(zone)}/CNAME/${name}`, versions.dns);
    return z.object({ etag: z.string() }).parse(body);
  };

  it('never stand with addresses of two machines, whoever comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const name = `families-${round}`;
      const outcomes = await Promise.allSettled([
        dns.pointName(name, '192.0.2.1', 'machine-1'),
        dns.pointName(name, '2001:db8::1', 'machine-2'),
      ]);
      const won = outcomes.filter(({ status }) => status === 'fulfilled').length;
      expect(setsAt(name)).toHaveLength(won);
      expect(won).toBeLessThan(2);
    }
  });

  it('lose an address that somebody added to a set of ours', async () => {
    await dns.pointName('added', '192.0.2.1', 'machine-1');
    await putSet('A', 'added', {
      TTL: 60,
      metadata: { admin_center: 'name', admin_center_owner: 'machine-1' },
      ARecords: [{ ipv4Address: '192.0.2.1' }, { ipv4Address: '192.0.2.2' }],
    });
    await dns.pointName('added', '192.0.2.1', 'machine-1');
    expect(setsAt('added')).toEqual([['A', '192.0.2.1']]);
  });

  it('say which record of another type is in their way', async () => {
    await putSet('TXT', 'occupied', { TTL: 60, TXTRecords: [{ value: ['a note'] }] });
    await expect(dns.pointName('occupied', proxy, 'machine-1')).rejects.toMatchObject({
      code: 'dns_record_foreign',
      facts: { record: 'TXT occupied.wac.localhost' },
    });
    expect(setsAt('occupied')).toEqual([['TXT', 'a note']]);
    await dns.pointName('pointed', proxy, 'machine-1');
    await expect(dns.addTextValues('pointed', ['x'])).rejects.toMatchObject({
      facts: { record: 'CNAME pointed.wac.localhost' },
    });
  });
});

describe('TXT values', () => {
  it('are added in one write', async () => {
    const before = writesOf('TXT');
    await dns.addTextValues('_acme-challenge.m1', ['base', 'wildcard']);
    await dns.addTextValues('_acme-challenge.m1', ['wildcard', 'base']);
    expect(writesOf('TXT')).toBe(before + 1);
  });

  it('survive writers that race for one name', async () => {
    const values = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(values.map((value) => dns.addTextValues('race', [value])));
    expect(textsAt('race').toSorted()).toEqual(values);
    await Promise.all(values.slice(1).map((value) => dns.removeTextValues('race', [value])));
    expect(textsAt('race')).toEqual(['a']);
  });

  it('survive a set that is taken away between look and write', async () => {
    await dns.addTextValues('stale', ['first']);
    cloud.arm.faults.set('PUT Microsoft.Network/dnsZones/TXT', { status: 412, count: 1 });
    await dns.addTextValues('stale', ['second']);
    cloud.arm.faults.set('DELETE Microsoft.Network/dnsZones/TXT', { status: 412, count: 1 });
    await dns.removeTextValues('stale', ['first', 'second']);
    expect(textsAt('stale')).toEqual([]);
  });

  it('keep a value of more than 255 characters whole', async () => {
    const long = 'x'.repeat(600);
    await dns.addTextValues('long', [long]);
    await dns.addTextValues('long', ['short']);
    expect(textsAt('long')).toEqual([long, 'short']);
  });

  it('are listed page after page', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `_acme-challenge.page-${index}`);
    const mark = { admin_center: 'proof', admin_center_touched: at.toISOString() };
    for (const name of names)
      await putSet('TXT', name, { TTL: 60, metadata: mark, TXTRecords: [{ value: ['x'] }] });
    const listed = (await dns.listProofs()).map(({ relativeName }) => relativeName);
    expect(new Set(listed)).toEqual(new Set([...listed, ...names]));
  });
});

describe('failures', () => {
  it('name the zone that is not there', async () => {
    const missing = zoneOf('none.localhost');
    const failure = { code: 'dns_zone_missing' };
    await expect(missing.addTextValues('a', ['x'])).rejects.toMatchObject(failure);
    await expect(missing.pointName('a', proxy, 'machine-1')).rejects.toMatchObject(failure);
    await expect(missing.removeName('a', 'machine-1')).rejects.toMatchObject(failure);
    await expect(missing.listProofs()).rejects.toMatchObject(failure);
    await expect(missing.nameServers()).rejects.toMatchObject(failure);
    expect(() => zoneOf('a/b/c')).toThrow(expect.objectContaining({ code: 'configuration_incomplete' }));
  });

  it('pass when they are passing, and say so when they stay', async () => {
    const operation = 'PUT Microsoft.Network/dnsZones/TXT';
    cloud.arm.faults.set(operation, { status: 500, count: 1 });
    await dns.addTextValues('passing', ['x']);
    expect(textsAt('passing')).toEqual(['x']);
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
