import { DefaultAzureCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import { createPublicDns } from '#shared/adapters/dns/public-dns.ts';
import { caaForbids } from '#shared/domain/caa.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';
import { type Cloud, call, groupId, startCloud, versions, zone } from './cloud.ts';

const zoneId = `${groupId}/providers/Microsoft.Network/dnszones/${zone}`;
let cloud: Cloud;
let server: StandIn;
let dns: DnsZone;
let world: PublicDns;
let at = Date.now();

/** The zone as the control plane writes it and as the world reads it: one server is resolver and authority. */
beforeAll(async () => {
  cloud = await startCloud();
  server = await createDns({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    zones: cloud.arm.zones,
  });
  const now = () => new Date(at);
  dns = createAzureDnsZone({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com',
    credential: new DefaultAzureCredential(),
    zoneId,
    now,
  });
  world = createPublicDns({ resolvers: [`127.0.0.1:${server.port}`], serverPort: server.port, now });
});
afterAll(() => server.close());

const put = async (path: string, body: object) => {
  const { status } = await call(cloud.clientOf(), 'put', path, versions.dns, { body });
  expect(status).toBeLessThan(300);
};

describe('a zone of the twin, seen by the world', () => {
  it('is well delegated', async () => {
    const given = await dns.nameServers();
    expect(given).toEqual(['ns1.dns.localhost']);
    expect(await world.checkDelegation(zone, given)).toEqual({ delegatedTo: given, faults: [] });
    const { faults } = await world.checkDelegation('none.localhost', given);
    expect(faults).toEqual([
      'none.localhost is not delegated: no records',
      'ns1.dns.localhost (127.0.0.1) does not serve none.localhost: no records',
    ]);
  });

  it('shows a proof as soon as it is written, and no longer when it is taken out', async () => {
    const name = '_acme-challenge.m1';
    const ask = () => world.findMissingText(zone, `${name}.${zone}`, ['one', 'two']);
    const missing = (...values: string[]) => [{ server: 'ns1.dns.localhost', missing: values }];
    expect(await ask()).toEqual(missing('one', 'two'));
    await dns.addTextValues(name, ['one']);
    expect(await ask()).toEqual(missing('two'));
    await dns.addTextValues(name, ['two']);
    expect(await ask()).toEqual([]);
    await dns.removeTextValues(name, ['one', 'two']);
    expect(await ask()).toEqual(missing('one', 'two'));
  });

  it('has the CAA set that Azure DNS was given, for a machine name too', async () => {
    await dns.pointName('m2', 'proxy.localhost', 'machine-2');
    expect(await world.findCaa(`*.m2.${zone}`)).toEqual([]);
    at += 60_000;
    const caaRecords = [
      { flags: 0, tag: 'issue', value: 'ca.example; validationmethods=dns-01' },
      { flags: 128, tag: 'issuewild', value: ';' },
      { flags: 0, tag: 'iodef', value: 'mailto:"security"@example.org' },
    ];
    await put(`${zoneId}/CAA/@`, { properties: { TTL: 60, caaRecords } });
    const found = await world.findCaa(`*.m2.${zone}`);
    expect(found.toSorted((a, b) => a.tag.localeCompare(b.tag))).toEqual([
      { critical: false, tag: 'iodef', value: 'mailto:"security"@example.org' },
      { critical: false, tag: 'issue', value: 'ca.example; validationmethods=dns-01' },
      { critical: true, tag: 'issuewild', value: ';' },
    ]);
    expect(caaForbids(found, ['ca.example'], false)).toBeUndefined();
    expect(caaForbids(found, ['ca.example'], true)).toBe("CAA 'issuewild' permits no authority");
  });
});
