import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import type { DnsRecordSet } from '#local/kit/boundaries.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createPublicDns, type PublicDnsOptions } from '#shared/adapters/dns/public-dns.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';
import { soa, type ZoneTable, zonesOf } from './zone-table.ts';

const zone = 'wac.localhost';
const given = ['ns1.dns.localhost', 'ns2.dns.localhost'] as const;
const apex = (...servers: readonly string[]): DnsRecordSet[] => [
  soa,
  { type: 'NS', ttlSeconds: 60, values: servers.map((server) => `${server}.`) },
];
const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
const proof = `_acme-challenge.m1.${zone}`;

/** Two servers of one zone, each with records of its own, and the resolver that the world would ask. */
const tables: [ZoneTable, ZoneTable, ZoneTable] = [{}, {}, {}];
const [told, first, second] = tables;
let resolver: StandIn;
let servers: [StandIn, StandIn];
let dns: PublicDns;
const open = (options: Partial<PublicDnsOptions> = {}) =>
  createPublicDns({
    resolvers: [`127.0.0.1:${resolver.port}`],
    serverPort: servers[0].port,
    serverPorts: new Map([[given[1], servers[1].port]]),
    now: () => new Date(clock.now()),
    timeoutMs: 600,
    ...options,
  });

beforeAll(async () => {
  const serve = (table: ZoneTable) =>
    createDns({ clock, store: openStore(':memory:'), port: 0, zones: zonesOf(table) });
  resolver = await serve(told);
  servers = [await serve(first), await serve(second)];
});
afterAll(() => Promise.all([resolver, ...servers].map((server) => server.close())));
afterEach(() => {
  for (const server of [resolver, ...servers]) server.faults.clear();
  for (const table of tables) table[zone] = { '@': apex(...given) };
  dns = open();
});
beforeAll(() => {
  for (const table of tables) table[zone] = { '@': apex(...given) };
  dns = open();
});

const put = (table: ZoneTable, name: string, ...values: string[]) => {
  (table[zone] ?? {})[name] = [{ type: 'TXT', ttlSeconds: 1, values }];
};
const publish = (...values: string[]) => {
  put(first, '_acme-challenge.m1', ...values);
  put(second, '_acme-challenge.m1', ...values);
};

describe('the delegation of a zone', () => {
  it('is well when the world is told the servers that it was given to and each answers for it', async () => {
    expect(await dns.checkDelegation(zone, given)).toEqual({ delegatedTo: given, faults: [] });
    expect(await dns.checkDelegation('WAC.localhost.', ['NS2.dns.localhost.', 'ns1.dns.localhost'])).toEqual({
      delegatedTo: given,
      faults: [],
    });
  });

  it('is asked for again after a minute, and at once where something was wrong', async () => {
    (told[zone] ?? {})['@'] = apex('ns.elsewhere.test');
    expect((await dns.checkDelegation(zone, given)).faults).not.toEqual([]);
    (told[zone] ?? {})['@'] = apex(...given);
    expect((await dns.checkDelegation(zone, given)).faults).toEqual([]);
    (told[zone] ?? {})['@'] = apex('ns.elsewhere.test');
    expect((await dns.checkDelegation(zone, given)).faults).toEqual([]);
    clock.advance(60_000);
    expect((await dns.checkDelegation(zone, given)).faults).not.toEqual([]);
  });

  it('is compared with the zone itself, and everything that is wrong is told together (acmebot defect 6)', async () => {
    (told[zone] ?? {})['@'] = apex('ns1.dns.localhost', 'ns.elsewhere.test', 'ns9.wac.localhost');
    servers[1].faults.set('*', { status: 403 });
    const { delegatedTo, faults } = await dns.checkDelegation(zone, given);
    expect(delegatedTo).toEqual(['ns.elsewhere.test', 'ns1.dns.localhost', 'ns9.wac.localhost']);
    expect(faults).toEqual([
      'wac.localhost is not delegated to its server ns2.dns.localhost',
      'wac.localhost is delegated to ns.elsewhere.test, which is not one of its servers',
      'wac.localhost is delegated to ns9.wac.localhost, which is not one of its servers',
      'ns.elsewhere.test has no address',
      'ns2.dns.localhost (127.0.0.1) does not serve wac.localhost: REFUSED',
      'ns9.wac.localhost has no address',
    ]);
  });

  it('is broken when a server is silent, knows no such zone or names other servers', async () => {
    servers[0].faults.set('*', { drop: true });
    (second[zone] ?? {})['@'] = apex('ns2.dns.localhost');
    expect((await dns.checkDelegation(zone, given)).faults).toEqual([
      'ns1.dns.localhost (127.0.0.1) does not answer: no answer in time',
      'ns2.dns.localhost (127.0.0.1) says that wac.localhost is served by ns2.dns.localhost',
    ]);
    servers[0].faults.clear();
    delete first[zone];
    expect((await dns.checkDelegation(zone, given)).faults).toContain(
      'ns1.dns.localhost (127.0.0.1) does not serve wac.localhost: no records',
    );
  });

  it('is missing when the world is told nothing, and unknown when nobody answers', async () => {
    resolver.faults.set('NS', { status: 404 });
    expect(await dns.checkDelegation(zone, given)).toEqual({
      delegatedTo: [],
      faults: ['wac.localhost is not delegated: NXDOMAIN'],
    });
    resolver.faults.set('NS', { drop: true });
    await expect(dns.checkDelegation(zone, given)).rejects.toMatchObject({ code: 'dns_unavailable' });
  });
});

describe('a proof', () => {
  it('is seen when every server shows every value, others beside them or not', async () => {
    publish('another', 'one', 'two');
    expect(await dns.findMissingText(zone, proof, ['one', 'two'])).toEqual([]);
    expect(await dns.findMissingText(zone, proof, ['one', 'three'])).toEqual([
      { server: given[0], missing: ['three'] },
      { server: given[1], missing: ['three'] },
    ]);
  });

  it.each([
    ['lies', { answer: ['a lie'] }, ['one', 'two']],
    ['denies', { status: 404 }, ['one', 'two']],
    ['fails', { status: 500 }, ['one', 'two']],
    ['is silent', { drop: true }, ['one', 'two']],
    ['is slower than it may be', { delayMs: 3000 }, ['one', 'two']],
    ['shows half', { answer: ['two'] }, ['one']],
  ])('is not seen while one server %s', async (_, fault, missing) => {
    publish('one', 'two');
    servers[1].faults.set('TXT', fault);
    expect(await dns.findMissingText(zone, proof, ['one', 'two'])).toEqual([{ server: given[1], missing }]);
  });

  it('is seen at a server that answers late and in time', async () => {
    publish('one');
    servers[1].faults.set('TXT', { delayMs: 50 });
    expect(await dns.findMissingText(zone, proof, ['one'])).toEqual([]);
  });

  it('is seen in an answer that only TCP can carry, in as many strings as it was cut into', async () => {
    const long = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(300, 'v'));
    publish(...long);
    expect(await dns.findMissingText(zone, proof, long)).toEqual([]);
  });

  it('is looked for at all addresses of a server', async () => {
    publish('one');
    const addresses = ['127.0.0.1', '192.0.2.1'];
    (told[zone] ?? {})['ns9'] = [{ type: 'A', ttlSeconds: 60, values: addresses }];
    (told[zone] ?? {})['@'] = apex('ns9.wac.localhost');
    expect(await dns.findMissingText(zone, proof, ['one'])).toEqual([
      { server: 'ns9.wac.localhost', missing: ['one'] },
    ]);
  });

  it('is seen after it has spread', async () => {
    publish('old');
    servers[0].faults.set('TXT', { staleMs: 60_000 });
    await dns.findMissingText(zone, proof, ['old']);
    clock.advance(60_000);
    publish('old', 'new');
    expect(await dns.findMissingText(zone, proof, ['old', 'new'])).toEqual([
      { server: given[0], missing: ['new'] },
    ]);
    clock.advance(60_000);
    expect(await dns.findMissingText(zone, proof, ['old', 'new'])).toEqual([]);
  });

  it('is not seen at a server without an address, and unknown without a delegation or an answer', async () => {
    publish('one');
    (told[zone] ?? {})['@'] = apex(given[0], 'ns9.wac.localhost');
    expect(await dns.findMissingText(zone, proof, ['one'])).toEqual([
      { server: 'ns9.wac.localhost', missing: ['one'] },
    ]);
    resolver.faults.set('NS', { status: 404 });
    await expect(dns.findMissingText(zone, proof, ['one'])).rejects.toMatchObject({
      code: 'dns_delegation_broken',
    });
    resolver.faults.set('NS', { drop: true });
    await expect(dns.findMissingText(zone, proof, ['one'])).rejects.toMatchObject({
      code: 'dns_unavailable',
    });
  });

  it('costs the servers of a zone once a minute', async () => {
    publish('one');
    resolver.calls.reset();
    for (let order = 0; order < 5; order += 1) await dns.findMissingText(zone, proof, ['one']);
    expect(resolver.calls.all()).toEqual({ A: 2, NS: 1 });
    clock.advance(60_000);
    await dns.findMissingText(zone, proof, ['one']);
    expect(resolver.calls.count('NS')).toBe(2);
  });
});

describe('the resolvers', () => {
  it('take the place of one that is not there, and have to be addresses', async () => {
    const resolvers = ['127.0.0.1:9', `127.0.0.1:${resolver.port}`];
    expect(await open({ resolvers }).checkDelegation(zone, given)).toEqual({
      delegatedTo: given,
      faults: [],
    });
    expect(() => open({ resolvers: ['resolver.example'] })).toThrow(
      expect.objectContaining({ code: 'configuration_incomplete' }),
    );
  });
});

describe('the CAA set of a name', () => {
  const caa = (name: string, ...values: string[]) => {
    (told[zone] ?? {})[name] = [{ type: 'CAA', ttlSeconds: 60, values }];
  };
  const alias = (name: string, target: string) => {
    (told[zone] ?? {})[name] = [{ type: 'CNAME', ttlSeconds: 60, values: [target] }];
  };

  it('is its own, else the nearest above it, else none (RFC 8659 section 3)', async () => {
    expect(await dns.findCaa(`*.m1.${zone}`)).toEqual([]);
    dns = open();
    (told[zone] ?? {})['@'] = [
      ...apex(...given),
      { type: 'CAA', ttlSeconds: 60, values: ['0 issue "ca.test"', '128 future "a;b=c"'] },
    ];
    const above = [
      { critical: false, tag: 'issue', value: 'ca.test' },
      { critical: true, tag: 'future', value: 'a;b=c' },
    ];
    expect(await dns.findCaa(`*.m1.${zone}`)).toEqual(above);
    caa('m1', '0 issuewild ";"');
    expect(await dns.findCaa(`*.M1.${zone}.`)).toEqual([{ critical: false, tag: 'issuewild', value: ';' }]);
    expect(await dns.findCaa(`m2.${zone}`)).toEqual(above);
  });

  it('is that of the target of an alias, and above an alias that has none the climb goes on from the name', async () => {
    caa('target', '0 issue "target.test"');
    alias('m1', `target.${zone}`);
    expect(await dns.findCaa(`m1.${zone}`)).toEqual([
      { critical: false, tag: 'issue', value: 'target.test' },
    ]);
    alias('m2', 'elsewhere.localhost');
    expect(await dns.findCaa(`m2.${zone}`)).toEqual([]);
    dns = open();
    (told[zone] ?? {})['@']?.push({ type: 'CAA', ttlSeconds: 60, values: ['0 issue "apex.test"'] });
    alias('loop', `loop.${zone}`);
    for (const name of [`m2.${zone}`, `loop.${zone}`])
      expect(await dns.findCaa(name)).toEqual([{ critical: false, tag: 'issue', value: 'apex.test' }]);
  });

  it('above a name is kept for a minute, the one of the name itself never', async () => {
    expect(await dns.findCaa(`m1.${zone}`)).toEqual([]);
    (told[zone] ?? {})['@']?.push({ type: 'CAA', ttlSeconds: 60, values: ['0 issue "apex.test"'] });
    expect(await dns.findCaa(`m1.${zone}`)).toEqual([]);
    clock.advance(60_000);
    expect(await dns.findCaa(`m1.${zone}`)).toEqual([{ critical: false, tag: 'issue', value: 'apex.test' }]);
    caa('m1', '0 issue "own.test"');
    expect(await dns.findCaa(`m1.${zone}`)).toEqual([{ critical: false, tag: 'issue', value: 'own.test' }]);
  });

  it('is not guessed where there is no answer', async () => {
    for (const fault of [{ status: 500 }, { drop: true }]) {
      resolver.faults.set('CAA', fault);
      await expect(dns.findCaa(`m1.${zone}`)).rejects.toMatchObject({ code: 'dns_unavailable' });
    }
  });
});
