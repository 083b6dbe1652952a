import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOutbound, judgePort } from '#shared/domain/port-verdict.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import { defaultRules, group, rule } from '../../support/security-rules.ts';

const own = '10.0.0.4';
const inbound = (rules: readonly SecurityRule[], peer: string, port = 6516) =>
  judgePort([group('interface', rules)], { direction: 'Inbound', own, peer, port });

describe('a port', () => {
  it.each<[string, Partial<SecurityRule>[], string, 'open' | 'closed' | 'unclear']>([
    ['by the rules that every group has', [], 'Internet', 'closed'],
    ['by the rules that every group has', [], 'VirtualNetwork', 'open'],
    ['by the rules that every group has', [], '203.0.113.7', 'closed'],
    ['to anyone', [{}], 'Internet', 'open'],
    ['to anyone, without its port', [{ destinationPorts: ['6517', '6000-6515'] }], 'Internet', 'closed'],
    ['to anyone, within a range', [{ destinationPorts: ['22', '6000-7000'] }], 'Internet', 'open'],
    ['by UDP', [{ protocol: 'Udp' }], 'Internet', 'closed'],
    ['by TCP', [{ protocol: 'TCP' }], 'Internet', 'open'],
    ['from some source ports', [{ sourcePorts: ['1024-2000'] }], 'Internet', 'unclear'],
    ['from all source ports', [{ sourcePorts: ['0-65535'] }], 'Internet', 'open'],
    ['to another address', [{ destinations: ['10.0.0.5'] }], 'Internet', 'closed'],
    ['to its network', [{ destinations: ['10.0.0.0/24'] }], 'Internet', 'open'],
    ['to the virtual network', [{ destinations: ['VirtualNetwork'] }], 'Internet', 'open'],
    ['to an application security group', [{ destinations: ['/subscriptions/s/asg'] }], 'Internet', 'unclear'],
    ['from a network that holds the peer', [{ sources: ['203.0.113.0/24'] }], '203.0.113.7', 'open'],
    ['from a part of a network', [{ sources: ['203.0.113.7'] }], '203.0.113.0/24', 'unclear'],
    ['from somewhere on the internet', [{ sources: ['203.0.113.7'] }], 'Internet', 'unclear'],
    ['from a private network', [{ sources: ['192.168.0.0/16'] }], 'Internet', 'closed'],
    ['from everywhere', [{ sources: ['0.0.0.0/0'] }], 'Internet', 'open'],
    ['from the internet', [{ sources: ['Internet'] }], '203.0.113.7', 'open'],
    ['from the internet', [{ sources: ['Internet'] }], '192.168.0.7', 'unclear'],
    ['from a service', [{ sources: ['AzureCloud'] }], '203.0.113.7', 'unclear'],
    ['refused first', [{ access: 'Deny', priority: 100 }, {}], 'Internet', 'closed'],
    ['refused later', [{ access: 'Deny', priority: 1100 }, {}], 'Internet', 'open'],
    [
      'refused to a service first',
      [{ access: 'Deny', priority: 100, sources: ['Storage'] }, {}],
      'Internet',
      'unclear',
    ],
    [
      'refused to another network first',
      [{ access: 'Deny', priority: 100, sources: ['198.51.100.0/24'] }, {}],
      '203.0.113.7',
      'open',
    ],
    [
      'refused by an outbound rule',
      [{ access: 'Deny', priority: 100, direction: 'Outbound' }, {}],
      'Internet',
      'open',
    ],
    ['without any prefix', [{ sources: [] }], 'Internet', 'closed'],
  ])('let in %s: from %j %s', (_, changes, peer, expected) => {
    expect(
      inbound(
        changes.map((one) => rule(one)),
        peer,
      ),
    ).toBe(expected);
  });

  it('of IPv6 is not opened by a rule of IPv4', () => {
    const traffic = { direction: 'Inbound', own: 'fd00::4', peer: '2001:db8::9', port: 6516 } as const;
    expect(judgePort([group('interface', [rule({ sources: ['0.0.0.0/0'] })])], traffic)).toBe('closed');
    expect(judgePort([group('interface', [rule({ sources: ['::/0'] })])], traffic)).toBe('open');
  });

  it('has to be let in by the group of the subnet and by that of the interface', () => {
    const traffic = { direction: 'Inbound', own, peer: 'Internet', port: 6516 } as const;
    const [open, shut] = [group('interface', [rule()]), group('subnet')];
    const vague = group('subnet', [rule({ sources: ['AzureCloud'] })]);
    expect(judgePort([open, open], traffic)).toBe('open');
    expect(judgePort([open, shut], traffic)).toBe('closed');
    expect(judgePort([open, vague], traffic)).toBe('unclear');
    expect(judgePort([shut, vague], traffic)).toBe('closed');
    expect(judgePort([], traffic)).toBe('open');
  });

  it('is open to an address exactly when the first rule that speaks of it allows it', () => {
    const prefix = fc.oneof(
      fc.constant('*'),
      fc.constantFrom('203.0.113.0/24', '203.0.113.128/25', '198.51.100.0/24', '203.0.113.7'),
    );
    const anyRule = fc.record({
      access: fc.constantFrom('Allow' as const, 'Deny' as const),
      priority: fc.integer({ min: 100, max: 140 }),
      sources: fc.array(prefix, { minLength: 1, maxLength: 3 }),
      destinationPorts: fc.array(fc.constantFrom('*', '6516', '443', '6000-7000'), {
        minLength: 1,
        maxLength: 2,
      }),
    });
    const rules = fc.uniqueArray(anyRule, { maxLength: 6, selector: ({ priority }) => priority });
    const peer = fc.constantFrom('203.0.113.7', '203.0.113.200', '198.51.100.9', '192.0.2.1');
    fc.assert(
      fc.property(rules, peer, (made, from) => {
        const speaks = ({ sources, destinationPorts }: (typeof made)[number]) => {
          const list = new BlockList();
          for (const source of sources) {
            const [base = '', length = '32'] = (source === '*' ? '0.0.0.0/0' : source).split('/');
            list.addSubnet(base, Number(length), 'ipv4');
          }
          const hasPort = destinationPorts.some((range) => range !== '443');
          return hasPort && list.check(from, 'ipv4');
        };
        const first = made.toSorted((one, other) => one.priority - other.priority).find(speaks);
        const expected = first?.access === 'Allow' ? 'open' : 'closed';
        expect(
          inbound(
            made.map((one) => rule(one)),
            from,
          ),
        ).toBe(expected);
      }),
    );
  });
});

describe('requirement 35: outbound traffic', () => {
  const deny = rule({
    name: 'deny',
    access: 'Deny',
    direction: 'Outbound',
    priority: 4000,
    destinations: ['Internet'],
  });
  const allow = rule({ name: 'allow', direction: 'Outbound', priority: 300, destinationPorts: ['443'] });

  it('is blocked when no rule lets any of it out to the internet', () => {
    expect(blocksOutbound([group('interface')], own)).toBe(false);
    expect(blocksOutbound([group('interface', [deny])], own)).toBe(true);
    expect(blocksOutbound([group('interface'), group('subnet', [deny])], own)).toBe(true);
    expect(blocksOutbound([], own)).toBe(false);
  });

  it('is not blocked when a rule lets the service out, by address or by tag', () => {
    for (const destinations of [['20.66.2.0'], ['WindowsAdminCenter'], ['*']])
      expect(blocksOutbound([group('interface', [deny, { ...allow, destinations }])], own)).toBe(false);
    expect(blocksOutbound([group('interface', [deny, { ...allow, destinationPorts: ['53'] }])], own)).toBe(
      true,
    );
    expect(
      blocksOutbound([group('interface', [deny, { ...allow, destinations: ['10.1.0.0/16'] }])], own),
    ).toBe(true);
  });

  it('is judged by outbound rules alone', () => {
    expect(defaultRules.filter(({ direction }) => direction === 'Outbound')).toHaveLength(3);
    expect(blocksOutbound([group('interface', [rule({ access: 'Deny' })])], own)).toBe(false);
  });
});
