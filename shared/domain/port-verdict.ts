import { contains, type IpNetwork, overlaps, parseIpNetwork, privacyOf } from './ip-network.ts';
import type { SecurityGroup, SecurityRule } from './security-rule.ts';

/**
 * Who is on the other side: an address or a network, `Internet` for everybody there, or `VirtualNetwork` for whoever is
 * in the virtual network and in what is joined to it.
 */
export type Peer = string;

/** TCP connections to one port. The address is the private one: groups see it, whatever was dialled. */
export interface Traffic {
  direction: 'Inbound' | 'Outbound';
  /** The address of the machine. */
  own: string;
  peer: Peer;
  port: number;
}

/** `unclear`: some of it passes and some does not, or a service tag decides whose addresses nobody here knows. */
type PortVerdict = 'open' | 'closed' | 'unclear';

/** How much of something a rule speaks of. */
export type Cover = 'all' | 'some' | 'none';

const covers: readonly Cover[] = ['none', 'some', 'all'];
const most = (found: readonly Cover[]): Cover =>
  covers[Math.max(0, ...found.map((one) => covers.indexOf(one)))] ?? 'none';
const least = (found: readonly Cover[]): Cover =>
  covers[Math.min(2, ...found.map((one) => covers.indexOf(one)))] ?? 'none';

const everything = new Set(['*', 'any', '0.0.0.0/0', '::/0']);

function coverOfNetwork(prefix: string, network: IpNetwork): Cover {
  const lower = prefix.toLowerCase();
  if (lower === '*' || lower === 'any') return 'all';
  const isPrivate = privacyOf(network);
  if (lower === 'internet') return isPrivate === 'none' ? 'all' : isPrivate === 'some' ? 'some' : 'none';
  // Which private addresses belong to the virtual network is not said here.
  if (lower === 'virtualnetwork') return isPrivate === 'none' ? 'none' : 'some';
  const other = parseIpNetwork(prefix);
  if (!other) return 'some';
  return contains(other, network) ? 'all' : overlaps(other, network) ? 'some' : 'none';
}

/** How much of a peer one address prefix or service tag of a rule covers. */
function coverOfPeer(prefix: string, peer: Peer): Cover {
  const lower = prefix.toLowerCase();
  // The platform's own probe, 168.63.129.16: neither a browser nor a service.
  if (lower === 'azureloadbalancer') return 'none';
  if (everything.has(lower)) {
    const network = parseIpNetwork(peer);
    return network && parseIpNetwork(prefix) ? coverOfNetwork(prefix, network) : 'all';
  }
  if (peer === 'Internet' || peer === 'VirtualNetwork') {
    if (lower === 'internet' || lower === 'virtualnetwork')
      return lower === peer.toLowerCase() ? 'all' : 'none';
    const network = parseIpNetwork(prefix);
    if (!network) return 'some';
    const isPrivate = privacyOf(network);
    return isPrivate === (peer === 'Internet' ? 'all' : 'none') ? 'none' : 'some';
  }
  const network = parseIpNetwork(peer);
  return network ? coverOfNetwork(prefix, network) : 'some';
}

const coverOfOwn = (prefix: string, own: string): Cover => {
  if (/^virtualnetwork$/i.test(prefix)) return 'all';
  const network = parseIpNetwork(own);
  return network ? coverOfNetwork(prefix, network) : 'some';
};

function coverOfPort(range: string, port: number): Cover {
  if (range === '*') return 'all';
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (from === undefined) return 'some';
  return Number(from) <= port && port <= Number(to) ? 'all' : 'none';
}

const coverOfAnyPort = (range: string): Cover => (/^(\*|[01]-65535)$/.test(range) ? 'all' : 'some');

const coverOfProtocol = (protocol: string): Cover => (/^(tcp|\*|any)$/i.test(protocol) ? 'all' : 'none');

/** How much of the traffic a rule speaks of, whether it allows it or not. */
export function coverOfRule(rule: SecurityRule, { direction, own, peer, port }: Traffic): Cover {
  if (rule.direction !== direction) return 'none';
  const [theirs, ours] =
    direction === 'Inbound' ? [rule.sources, rule.destinations] : [rule.destinations, rule.sources];
  return least([
    coverOfProtocol(rule.protocol),
    most(rule.destinationPorts.map((range) => coverOfPort(range, port))),
    most(rule.sourcePorts.map(coverOfAnyPort)),
    most(theirs.map((prefix) => coverOfPeer(prefix, peer))),
    most(ours.map((prefix) => coverOfOwn(prefix, own))),
  ]);
}

/** The lowest number first; the first rule that speaks of the traffic decides, and none of them is a refusal. */
function judgeGroup(rules: readonly SecurityRule[], traffic: Traffic): PortVerdict {
  const partial = new Set<SecurityRule['access']>();
  for (const rule of rules.toSorted((one, other) => one.priority - other.priority)) {
    const cover = coverOfRule(rule, traffic);
    if (cover === 'some') partial.add(rule.access);
    if (cover !== 'all') continue;
    const isContested = partial.has(rule.access === 'Allow' ? 'Deny' : 'Allow');
    return isContested ? 'unclear' : rule.access === 'Allow' ? 'open' : 'closed';
  }
  return partial.has('Allow') ? 'unclear' : 'closed';
}

/** Every group on the way has to let it through: that of the subnet and that of the interface. */
export function judgePort(groups: readonly Pick<SecurityGroup, 'rules'>[], traffic: Traffic): PortVerdict {
  const verdicts = groups.map(({ rules }) => judgeGroup(rules, traffic));
  if (verdicts.includes('closed')) return 'closed';
  return verdicts.includes('unclear') ? 'unclear' : 'open';
}

/** Requirement 35: nothing gets out to where the service is, not even a part of it. */
export const blocksOutbound = (groups: readonly SecurityGroup[], own: string): boolean =>
  judgePort(groups, { direction: 'Outbound', own, peer: 'Internet', port: 443 }) === 'closed';
