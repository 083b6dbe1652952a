import { describe, expect, it } from 'vitest';
import type { NetworkFindings } from '#shared/domain/network-rules.ts';
import type { SecurityGroup } from '#shared/domain/security-rule.ts';
import { check, policy, resultOf } from '../../support/precondition-cases.ts';
import { group, rule } from '../../support/security-rules.ts';

const networkOf = (groups: SecurityGroup[], direct?: NetworkFindings['direct']): NetworkFindings => ({
  addresses: [
    { address: '10.0.0.4', isPublic: false, listenOn: '10.0.0.4', groups },
    { address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4', groups },
  ],
  direct,
});
const outbound = (groups: SecurityGroup[], serviceAddresses: string[] = ['20.66.2.0']) =>
  resultOf(
    'outbound_rules',
    'azure-vm',
    {},
    { network: networkOf(groups), policy: { ...policy, serviceAddresses } },
  );
const inbound = (groups: SecurityGroup[], address = '203.0.113.7') =>
  resultOf('inbound_rules', 'azure-vm', {}, { network: networkOf(groups, { address, port: 6516 }) });

const shut = rule({
  name: 'shut',
  access: 'Deny',
  direction: 'Outbound',
  priority: 4000,
  destinations: ['*'],
});

describe('a network that blocks everything outbound', () => {
  it('requirement 35: is a warning with the rule that lets the service out: VirtualNetwork, its addresses, HTTPS', () => {
    expect(outbound([group('interface', [shut])])).toMatchObject({
      met: false,
      severity: 'warning',
      found: 'everything outbound is blocked by nsg-interface of the interface',
      remedy:
        "Add an outbound rule for port 443: az network nsg rule create --subscription 00000000-0000-4000-8000-000000000001 --resource-group rg-local --nsg-name nsg-interface --name AllowAdminCenterOutbound --direction Outbound --priority 300 --access Allow --protocol Tcp --source-address-prefixes VirtualNetwork --source-port-ranges '*' --destination-address-prefixes 20.66.2.0 --destination-port-ranges 443.",
    });
  });

  it('requirement 34: names the addresses that are configured, else the internet', () => {
    const addresses = ['192.0.2.1', '192.0.2.2'];
    expect(outbound([group('interface', [shut])], addresses)?.remedy).toContain(
      'prefixes 192.0.2.1 192.0.2.2 --',
    );
    expect(outbound([group('interface', [shut])], [])?.remedy).toContain('prefixes Internet --');
  });

  it('has a command for each group that blocks, with a priority that comes before what blocks', () => {
    const early = { ...shut, priority: 120 };
    const { remedy = '', found } = outbound([group('interface', [early]), group('subnet', [shut])]) ?? {};
    expect(found).toContain('nsg-interface of the interface and nsg-subnet of the subnet');
    expect(
      remedy.match(/--nsg-name (\S+) .*?--priority (\d+)/g)?.map((one) => one.split(' ').at(-1)),
    ).toEqual(['119', '300']);
  });

  it('is none while connections go out, or while nobody knows', () => {
    expect(outbound([group('interface'), group('subnet')])).toMatchObject({ met: true, severity: 'warning' });
    expect(outbound([])).toMatchObject({ met: true });
    expect(resultOf('outbound_rules', 'azure-vm', {})).toMatchObject({ met: true, severity: 'info' });
  });

  it('is asked about of virtual machines alone', () => {
    for (const kind of ['arc', 'hci-cluster'] as const)
      expect(check(kind, {}).map(({ code }) => code)).not.toContain('outbound_rules');
  });
});

describe('requirement 128: an address of direct mode', () => {
  it('that no rule lets browsers in to is a warning that names PortForWAC and sources', () => {
    expect(inbound([group('interface')])).toMatchObject({
      met: false,
      severity: 'warning',
      found: 'port 6516 is closed by nsg-interface of the interface',
      remedy: expect.stringMatching(
        /^Add an inbound rule: az network nsg rule create .*--name PortForWAC --direction Inbound .*--source-address-prefixes '<your address>'.*--destination-port-ranges 6516\. Or install with "sources": the rule PortForWAC/,
      ),
    });
  });

  it('that a group of the subnet shuts is not opened by an install', () => {
    const { remedy } = inbound([group('interface', [rule()]), group('subnet')]) ?? {};
    expect(remedy).toContain('--nsg-name nsg-subnet');
    expect(remedy).not.toContain('install with');
  });

  it('is well when a rule lets some in, and when it is private', () => {
    expect(inbound([group('interface', [rule({ sources: ['198.51.100.0/24'] })])])).toMatchObject({
      met: true,
    });
    expect(inbound([group('interface')], '10.0.0.4')).toMatchObject({ met: true });
    expect(inbound([group('interface', [rule({ access: 'Deny' })])], '10.0.0.4')).toMatchObject({
      met: false,
    });
  });

  it('that no group guards is shut when it is public', () => {
    expect(inbound([])).toMatchObject({
      met: false,
      remedy: expect.stringContaining('network security group'),
    });
    expect(inbound([], '10.0.0.4')).toMatchObject({ met: true });
  });

  it('that the machine no longer has is said to be gone', () => {
    expect(inbound([group('interface')], '203.0.113.8')).toMatchObject({
      met: false,
      found: 'the machine has no address 203.0.113.8',
    });
  });

  it('is not asked about where browsers come through the proxy', () => {
    expect(resultOf('inbound_rules', 'azure-vm', {}, { network: networkOf([]) })).toBeUndefined();
  });
});
