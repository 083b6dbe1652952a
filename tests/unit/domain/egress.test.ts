import { describe, expect, it } from 'vitest';
import {
  addressOf,
  type EgressConfiguration,
  egressRoles,
  listEgress,
  outboundRule,
  regionsOf,
  writeHost,
} from '#shared/domain/egress.ts';

const configuration: EgressConfiguration = {
  api: 'https://wac.contoso.test',
  authority: 'https://login.contoso.test',
  serviceBus: 'bus.contoso.test',
  relay: 'relay.contoso.test',
  zone: 'machines.contoso.test',
  proxyTarget: 'proxy.contoso.test',
  sessionPort: 443,
  resourceManager: 'https://arm.contoso.test',
  cosmos: 'https://cosmos.contoso.test:443/',
  vault: 'https://vault.contoso.test',
  certificateAuthorities: [
    { name: 'public', directory: 'https://acme.contoso.test/directory' },
    { name: 'integrated' },
  ],
  resolvers: ['192.0.2.53:53'],
  platformHosts: [
    { host: 'pas.contoso.test', port: 443 },
    { host: 'notify-west.contoso.test', port: 443, region: 'westeurope' },
    { host: 'notify-east.contoso.test', port: 443, region: 'eastus' },
  ],
  regions: ['northeurope', 'eastus'],
};

const hostsOf = (...given: Parameters<typeof listEgress>) => listEgress(...given).map(writeHost);

describe('what a machine connects to', () => {
  it('requirements 22, 29 and 31: is the service, its bus and its relay, always and over TLS on 443', () => {
    const always = listEgress(configuration, { role: 'machine' }).filter((one) => one.always);
    expect(always.map((one) => `${one.protocol} ${writeHost(one)}`)).toEqual([
      'https wac.contoso.test:443',
      'wss bus.contoso.test:443',
      'wss relay.contoso.test:443',
    ]);
  });

  it('requirement 30: has the platform’s own hosts as the configuration names them', () => {
    const platform = listEgress(configuration, { role: 'machine' }).filter((one) => !one.always);
    expect(platform.map(({ host, region }) => [host, region])).toEqual([
      ['pas.contoso.test', null],
      ['notify-west.contoso.test', 'westeurope'],
      ['notify-east.contoso.test', 'eastus'],
    ]);
  });

  it('C9: is concrete names, and a region leaves out the names of the others', () => {
    expect(regionsOf(configuration)).toEqual(['eastus', 'northeurope', 'westeurope']);
    const inEurope = hostsOf(configuration, { role: 'machine', region: 'westeurope' });
    expect(inEurope).toContain('notify-west.contoso.test:443');
    expect(inEurope).not.toContain('notify-east.contoso.test:443');
    expect(inEurope.filter((host) => host.includes('*'))).toEqual([]);
  });

  it('is never the key vault, the database or Azure Resource Manager', () => {
    expect(hostsOf(configuration, { role: 'machine' }).join()).not.toMatch(/vault|cosmos|arm\./);
  });

  it('is where the bus is reached, if that is elsewhere', () => {
    const elsewhere = {
      ...configuration,
      serviceBusEndpoint: 'sb://Bus.Localhost:5671',
      relay: 'relay.test:8443',
    };
    expect(hostsOf(elsewhere, { role: 'machine' }).slice(0, 3)).toEqual([
      'wac.contoso.test:443',
      'bus.localhost:5671',
      'relay.test:8443',
    ]);
  });

  it('has one line for a host that is needed twice, with both reasons', () => {
    const shared = { ...configuration, serviceBus: 'one.contoso.test', relay: 'one.contoso.test' };
    const [, one, next] = listEgress(shared, { role: 'machine' });
    expect([one?.host, next?.host]).toEqual(['one.contoso.test', 'pas.contoso.test']);
    expect(one?.why).toMatch(/events and reports.*; sessions/);
  });
});

describe('what a workstation connects to', () => {
  it('C4: has the zone itself beside its wildcard, which does not match it', () => {
    const hosts = hostsOf(configuration, { role: 'workstation' });
    expect(hosts).toContain('*.machines.contoso.test:443');
    expect(hosts).toContain('machines.contoso.test:443');
    expect(hosts).toContain('wac.contoso.test:443');
  });

  it('requirement 97: is the proxy and no machine', () => {
    expect(hostsOf(configuration, { role: 'workstation' })).toEqual([
      'wac.contoso.test:443',
      'login.contoso.test:443',
      '*.machines.contoso.test:443',
      'machines.contoso.test:443',
      'proxy.contoso.test:443',
    ]);
  });
});

describe('what the control plane connects to', () => {
  it('has each authority with a directory, and nothing of one without', () => {
    expect(hostsOf(configuration, { role: 'control-plane' })).toEqual([
      'login.contoso.test:443',
      'arm.contoso.test:443',
      'cosmos.contoso.test:443',
      'vault.contoso.test:443',
      'bus.contoso.test:5671',
      'bus.contoso.test:443',
      'proxy.contoso.test:443',
      'acme.contoso.test:443',
      '192.0.2.53:53',
    ]);
  });
});

it('every role is listed, with a reason for each host', () => {
  const all = listEgress(configuration);
  expect([...new Set(all.map(({ role }) => role))]).toEqual([...egressRoles]);
  expect(all.filter(({ why }) => why === '')).toEqual([]);
});

describe('the outbound rule', () => {
  const machine = listEgress(configuration, { role: 'machine' });

  it('requirement 35: is that of the form: VirtualNetwork, any source port, the addresses, HTTPS, Allow', () => {
    expect(outboundRule(['20.66.2.0'], machine)).toEqual({
      source: 'VirtualNetwork',
      sourcePortRanges: '*',
      destination: 'IP Addresses',
      destinationAddresses: ['20.66.2.0'],
      service: 'HTTPS',
      destinationPorts: [443],
      protocol: 'TCP',
      action: 'Allow',
    });
  });

  it('names its ports where they are not those of HTTPS', () => {
    const elsewhere = listEgress({ ...configuration, relay: 'relay.test:8443' }, { role: 'machine' });
    expect(outboundRule(['192.0.2.0/24'], elsewhere)).toMatchObject({
      service: 'Custom',
      destinationPorts: [443, 8443],
    });
  });

  it('requirement 34: is absent where the configuration names no addresses; the code names none', () => {
    expect(outboundRule([], machine)).toBeNull();
  });
});

describe('an address', () => {
  it.each([
    ['https://API.test', 'api.test', 443, false],
    ['http://127.0.0.1:7071', '127.0.0.1', 7071, true],
    ['http://api.test/', 'api.test', 80, true],
    ['https://cosmos.test:443/', 'cosmos.test', 443, false],
    ['relay.test:8443', 'relay.test', 8443, false],
    ['sb://bus.test:5671/', 'bus.test', 5671, false],
    ['https://[2001:db8::1]:8443/a', '2001:db8::1', 8443, false],
    ['2001:db8::1', '2001:db8::1', 443, false],
    ['192.0.2.1', '192.0.2.1', 443, false],
  ])('%s is read', (text, host, port, isPlain) => {
    expect(addressOf(text)).toEqual({ host, port, isPlain });
  });

  it('of version 6 is written in brackets before its port', () => {
    expect(writeHost({ host: '2001:db8::1', port: 443 })).toBe('[2001:db8::1]:443');
  });
});
