import { isSameAddress } from './ip-network.ts';
import { firstRefusal, freePriority, portRuleName } from './port-rule.ts';
import { judgePort, type Traffic } from './port-verdict.ts';
import type { PreconditionRule } from './precondition-rules.ts';
import type { NetworkAddress, SecurityGroup } from './security-rule.ts';

/** The network of a virtual machine, as rules look at it. */
export interface NetworkFindings {
  /** The first is the one that connections go out from. */
  addresses: readonly NetworkAddress[];
  /** Where browsers are to get in, or get in now; absent where they come through the proxy. */
  direct?: { address: string; port: number } | undefined;
}

/** For a shell; names of groups may hold brackets. */
const quoted = (text: string): string =>
  /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The command that adds a rule to a group, with a priority that counts. */
function ruleCommand(
  { id, rules }: SecurityGroup,
  traffic: Traffic,
  rule: { name: string; from: readonly string[]; to: readonly string[] },
): string {
  const [, subscription = '', resourceGroup = '', name = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id) ?? [];
  const { direction, port } = traffic;
  const priority = freePriority(rules, direction, firstRefusal(rules, [traffic]));
  const options = [
    ['subscription', subscription],
    ['resource-group', resourceGroup],
    ['nsg-name', name],
    ['name', rule.name],
    ['direction', direction],
    ['priority', priority === undefined ? '<a free priority>' : String(priority)],
    ['access', 'Allow'],
    ['protocol', 'Tcp'],
    ['source-address-prefixes', ...rule.from],
    ['source-port-ranges', '*'],
    ['destination-address-prefixes', ...rule.to],
    ['destination-port-ranges', String(port)],
  ].map(([option, ...values]) => `--${option} ${values.map(quoted).join(' ')}`);
  return `az network nsg rule create ${options.join(' ')}`;
}

const nameOf = ({ id, guards }: SecurityGroup): string => `${id.split('/').at(-1)} of the ${guards}`;

const refusing = (groups: readonly SecurityGroup[], traffic: Traffic): SecurityGroup[] =>
  groups.filter((group) => judgePort([group], traffic) === 'closed');

const notRead = {
  met: true,
  severity: 'info',
  found: 'the network of the machine could not be read',
} as const;

/** How browsers come to the address of direct mode; undefined without direct mode, or where the address is gone. */
function wayIn({ addresses, direct }: NetworkFindings) {
  const place = direct && addresses.find(({ address }) => isSameAddress(address, direct.address));
  if (!direct || !place) return undefined;
  const peer = place.isPublic ? 'Internet' : 'VirtualNetwork';
  return {
    place,
    traffic: { direction: 'Inbound', own: place.listenOn, peer, port: direct.port } satisfies Traffic,
  };
}

/** What a network lets through. Warnings: others may know ways of their own, a firewall or a proxy for example. */
export const networkRules: readonly PreconditionRule[] = [
  {
    // Requirement 35.
    code: 'outbound_rules',
    rule: 'The rules of the network let the machine connect out',
    severity: 'warning',
    kinds: ['azure-vm'],
    judge({ network, policy: { serviceAddresses = [] } }) {
      const needed = 'outbound TCP on port 443 to the hosts of this service';
      const [first] = network?.addresses ?? [];
      if (!first)
        return { ...notRead, needed, remedy: 'Allow the app identity to read the network of the machine.' };
      const traffic = { direction: 'Outbound', own: first.listenOn, peer: 'Internet', port: 443 } as const;
      const groups = refusing(first.groups, traffic);
      const to = serviceAddresses.length > 0 ? serviceAddresses : ['Internet'];
      const commands = groups.map((group) =>
        ruleCommand(group, traffic, { name: 'AllowAdminCenterOutbound', from: ['VirtualNetwork'], to }),
      );
      return {
        met: groups.length === 0,
        found:
          groups.length === 0
            ? 'connections go out'
            : `everything outbound is blocked by ${groups.map(nameOf).join(' and ')}`,
        needed,
        remedy: ['Add an outbound rule for port 443', ...commands].join(': ').concat('.'),
      };
    },
  },
  {
    // Requirement 128.
    code: 'inbound_rules',
    rule: 'The rules of the network let browsers in',
    severity: 'warning',
    kinds: ['azure-vm'],
    isAsked: ({ network }) => network?.direct !== undefined,
    judge({ network }) {
      const { address = '', port = 0 } = network?.direct ?? {};
      const needed = `inbound TCP on port ${port} to ${address}`;
      const way = network && wayIn(network);
      if (!way)
        return {
          met: false,
          found: `the machine has no address ${address}`,
          needed,
          remedy: 'Install again with one of the addresses of the machine, or through the proxy.',
        };
      const { place, traffic } = way;
      const groups = refusing(place.groups, traffic);
      const isBare = place.isPublic && place.groups.length === 0;
      const from = place.isPublic ? ['<your address>'] : ['VirtualNetwork'];
      const commands = groups.map((group) =>
        ruleCommand(group, traffic, { name: portRuleName, from, to: ['*'] }),
      );
      const sources = groups.some(({ guards }) => guards === 'interface')
        ? ` Or install with "sources": the rule ${portRuleName} of the interface is then made for you.`
        : '';
      return {
        met: groups.length === 0 && !isBare,
        found: isBare
          ? 'no network security group guards the address, and a Standard public address lets nothing in without one'
          : groups.length === 0
            ? 'some rule lets them in'
            : `port ${port} is closed by ${groups.map(nameOf).join(' and ')}`,
        needed,
        remedy: isBare
          ? `Give the network interface a network security group, then install with "sources": the rule ${portRuleName} is made for you.`
          : `Add an inbound rule: ${commands.join('; ')}.${sources}`,
      };
    },
  },
];
