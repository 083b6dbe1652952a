import { parseIpNetwork, privacyOf } from './ip-network.ts';
import { portRuleName } from './port-rule.ts';
import { judgePort, type Peer } from './port-verdict.ts';
import type { NetworkAddress, SecurityGroup } from './security-rule.ts';

/** What is to be known of an address before direct mode uses it. */
export interface AddressAdvice {
  isRecommended: boolean;
  /** Whether the port is let in as the rules stand; undefined where no rule concerns it or nobody can tell. */
  isOpen: boolean | undefined;
  /** One sentence each. */
  notes: string[];
}

const nameOf = ({ id }: SecurityGroup): string => id.split('/').at(-1) ?? id;

/**
 * From where browsers come: the virtual network for a private address, and for a public one the caller's own address
 * where that is one of the internet and of the same family, else everywhere.
 */
function peerOf({ address, isPublic }: NetworkAddress, yourAddress: string | undefined): Peer {
  if (!isPublic) return 'VirtualNetwork';
  const yours = parseIpNetwork(yourAddress ?? '');
  const isUsable =
    yours !== undefined && privacyOf(yours) === 'none' && yours.bits === parseIpNetwork(address)?.bits;
  return isUsable && yourAddress !== undefined ? yourAddress : 'Internet';
}

/** The groups that keep the port closed, each with what can be done about it. */
function refusals(groups: readonly SecurityGroup[], traffic: Parameters<typeof judgePort>[1]): string[] {
  return groups
    .filter((group) => judgePort([group], traffic) === 'closed')
    .map((group) =>
      group.guards === 'subnet'
        ? `The group ${nameOf(group)} of the subnet keeps port ${traffic.port} closed. It guards other machines too and is never changed here: add a rule to it yourself.`
        : `The group ${nameOf(group)} of the network interface keeps port ${traffic.port} closed from there.`,
    );
}

/** Requirements 128 to 130, 133 and 135, and what becomes public (C11). */
export function adviseOn(
  address: NetworkAddress,
  { port, yourAddress }: { port: number; yourAddress?: string | undefined },
): AddressAdvice {
  const { isPublic, groups, listenOn: own } = address;
  const traffic = { direction: 'Inbound', own, peer: peerOf(address, yourAddress), port } as const;
  const verdict = groups.length === 0 ? 'unclear' : judgePort(groups, traffic);
  const shown = `The name of the machine will resolve to ${address.address} in public DNS, for everybody to see; through the proxy no address of the machine is published.`;
  const reach = isPublic
    ? [
        'Any host on the internet that the rules let in reaches the machine: the private address is recommended.',
        `It needs an inbound rule for port ${port}: ${portRuleName} is made when you name sources. Name the systems that you manage from, and no others.`,
        ...(groups.length === 0
          ? [
              'No network security group guards it: a Standard public address lets nothing in without one, and there is none to put a rule into.',
            ]
          : []),
      ]
    : [
        'It is recommended: no host on the internet reaches it, and it needs no inbound rule.',
        'Your workstation has to reach the virtual network of the machine, through a VPN gateway for example.',
      ];
  return {
    isRecommended: !isPublic,
    isOpen: verdict === 'unclear' ? undefined : verdict === 'open',
    notes: [...reach, ...refusals(groups, traffic), shown],
  };
}
