import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { askUdp, query } from './dns-client.ts';
import { soa, type ZoneTable, zonesOf } from './zone-table.ts';

const table: ZoneTable = {
  'wac.localhost': {
    '@': [soa, { type: 'NS', ttlSeconds: 172_800, values: ['ns1.wac.localhost.'] }],
    proxy: [{ type: 'A', ttlSeconds: 300, values: ['127.0.0.1', '127.0.0.2'] }],
    abc: [{ type: 'CNAME', ttlSeconds: 60, values: ['proxy.wac.localhost'] }],
    '*.abc': [{ type: 'CNAME', ttlSeconds: 60, values: ['proxy.wac.localhost.'] }],
    'inside.abc': [{ type: 'A', ttlSeconds: 60, values: ['127.0.0.9'] }],
    '_acme-challenge.abc': [{ type: 'TXT', ttlSeconds: 1, values: ['one', 'two'] }],
    long: [{ type: 'TXT', ttlSeconds: 1, values: ['x'.repeat(300)] }],
    'deep.empty': [{ type: 'AAAA', ttlSeconds: 60, values: ['::1'] }],
    dangling: [{ type: 'CNAME', ttlSeconds: 60, values: ['nowhere.wac.localhost'] }],
    away: [{ type: 'CNAME', ttlSeconds: 60, values: ['www.example.org'] }],
    loop: [{ type: 'CNAME', ttlSeconds: 60, values: ['loop.wac.localhost'] }],
    child: [{ type: 'NS', ttlSeconds: 60, values: ['ns.elsewhere.localhost'] }],
    policy: [{ type: 'CAA', ttlSeconds: 60, values: ['0 issue "ca.localhost"'] }],
  },
};

describe('authoritative answers', () => {
  let dns: StandIn;
  const ask = (name: string, type: string) => askUdp(dns.port, query(name, type));

  beforeAll(async () => {
    dns = await createDns({
      clock: systemClock,
      store: openStore(':memory:'),
      port: 0,
      zones: zonesOf(table),
    });
  });
  afterAll(() => dns.close());

  it('answers a record set with its TTL and the authoritative bit (RFC 1035 section 4.1)', async () => {
    const reply = await ask('proxy.wac.localhost', 'A');
    expect(reply.flag_aa).toBe(true);
    expect(reply.answers).toMatchObject([
      { type: 'A', ttl: 300, data: '127.0.0.1' },
      { type: 'A', ttl: 300, data: '127.0.0.2' },
    ]);
  });

  it('reads the record sets at each question', async () => {
    const zone = table['wac.localhost'] ?? {};
    expect(await ask('new.wac.localhost', 'TXT')).toMatchObject({ rcode: 'NXDOMAIN' });
    zone['new'] = [{ type: 'TXT', ttlSeconds: 1, values: ['here'] }];
    expect(await ask('new.wac.localhost', 'TXT')).toMatchObject({ rcode: 'NOERROR' });
    delete zone['new'];
    expect(await ask('new.wac.localhost', 'TXT')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('keeps both values of a TXT set and cuts a long value into strings of 255 octets (RFC 1035 section 3.3.14)', async () => {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${dns.port}`]);
    expect(await resolver.resolveTxt('_acme-challenge.abc.wac.localhost')).toEqual([['one'], ['two']]);
    const [strings] = await resolver.resolveTxt('long.wac.localhost');
    expect(strings?.map((part) => part.length)).toEqual([255, 45]);
  });

  it('follows an alias inside the zone (RFC 1034 section 3.6.2)', async () => {
    const { answers } = await ask('abc.wac.localhost', 'A');
    expect(answers.map((record) => [record.name, record.type])).toEqual([
      ['abc.wac.localhost', 'CNAME'],
      ['proxy.wac.localhost', 'A'],
      ['proxy.wac.localhost', 'A'],
    ]);
  });

  it('expands a wildcard under the name that was asked for, at any depth (RFC 4592 section 2.2)', async () => {
    for (const name of ['Session1.abc.wac.localhost', 'a.b.abc.wac.localhost']) {
      const { answers, rcode } = await ask(name, 'A');
      expect(rcode).toBe('NOERROR');
      expect(answers[0]).toMatchObject({ name, type: 'CNAME' });
    }
  });

  it('does not expand a wildcard over a name that exists, nor below one (RFC 4592 section 2.2.1)', async () => {
    expect((await ask('inside.abc.wac.localhost', 'A')).answers).toMatchObject([{ data: '127.0.0.9' }]);
    expect(await ask('inside.abc.wac.localhost', 'TXT')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await ask('below.inside.abc.wac.localhost', 'A')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('answers NODATA for another type and for an empty non-terminal, with an SOA of the negative TTL (RFC 2308 section 5)', async () => {
    for (const [name, type] of [
      ['proxy.wac.localhost', 'AAAA'],
      ['empty.wac.localhost', 'A'],
    ] as const) {
      const reply = await ask(name, type);
      expect(reply).toMatchObject({ rcode: 'NOERROR', answers: [] });
      expect(reply.authorities).toMatchObject([{ type: 'SOA', name: 'wac.localhost', ttl: 60 }]);
    }
  });

  it('answers NXDOMAIN with the SOA for a name that does not exist, also at the end of an alias (RFC 6604)', async () => {
    const plain = await ask('nowhere.wac.localhost', 'A');
    expect(plain).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ type: 'SOA' }] });
    const aliased = await ask('dangling.wac.localhost', 'A');
    expect(aliased).toMatchObject({ rcode: 'NXDOMAIN', answers: [{ type: 'CNAME' }] });
  });

  it('ends an alias that leaves its zones or loops', async () => {
    expect((await ask('away.wac.localhost', 'A')).answers).toMatchObject([{ data: 'www.example.org' }]);
    expect((await ask('loop.wac.localhost', 'A')).rcode).toBe('NOERROR');
  });

  it('refers to the servers of a delegated name without the authoritative bit (RFC 1034 section 4.3.2)', async () => {
    const reply = await ask('host.child.wac.localhost', 'A');
    expect(reply).toMatchObject({ flag_aa: false, answers: [] });
    expect(reply.authorities).toMatchObject([{ type: 'NS', name: 'child.wac.localhost' }]);
  });

  it('answers CAA and SOA in their own form (RFC 8659)', async () => {
    expect((await ask('policy.wac.localhost', 'CAA')).answers).toMatchObject([
      { data: { flags: 0, tag: 'issue', value: 'ca.localhost' } },
    ]);
    expect((await ask('wac.localhost', 'SOA')).answers).toMatchObject([
      { data: { mname: 'ns1.wac.localhost', serial: 7, minimum: 60 } },
    ]);
  });

  it('refuses names outside its zones, zone transfers and other classes (RFC 5936)', async () => {
    expect((await ask('example.org', 'A')).rcode).toBe('REFUSED');
    expect((await ask('notlocalhost', 'A')).rcode).toBe('REFUSED');
    expect((await ask('wac.localhost', 'AXFR')).rcode).toBe('REFUSED');
    const chaos = query('version.bind', 'TXT');
    chaos.writeUInt16BE(3, chaos.length - 2);
    expect((await askUdp(dns.port, chaos)).rcode).toBe('REFUSED');
  });

  it('answers this machine for names of localhost outside its zones, and no other record (RFC 6761 section 6.3)', async () => {
    for (const name of ['localhost', 'ns1.dns.localhost', 'notwac.localhost'])
      expect((await ask(name, 'A')).answers).toMatchObject([{ name, type: 'A', data: '127.0.0.1' }]);
    expect(await ask('ns1.dns.localhost', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await ask('localhost', 'CAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await ask('nowhere.wac.localhost', 'A')).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('counts questions by type, and a fault turns one into SERVFAIL', async () => {
    dns.calls.reset();
    dns.faults.set('TXT', { status: 500, count: 1 });
    expect((await ask('long.wac.localhost', 'TXT')).rcode).toBe('SERVFAIL');
    expect((await ask('long.wac.localhost', 'TXT')).rcode).toBe('NOERROR');
    expect(dns.calls.all()).toEqual({ TXT: 2 });
  });
});
