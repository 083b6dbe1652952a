/** An IPv4 or IPv6 network; an address is a network of one. */
export interface IpNetwork {
  bits: 32 | 128;
  /** The first address, as a number. */
  first: bigint;
  /** Leading bits that all its addresses share. */
  length: number;
}

const octet = /^(?:0|[1-9]\d{0,2})$/;

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || octets.some((one) => !octet.test(one) || Number(one) > 255)) return undefined;
  return octets.reduce((number, one) => (number << 8n) | BigInt(one), 0n);
}

/** RFC 4291 section 2.2: eight groups, `::` for those that are zero, the last two perhaps as an IPv4 address. */
function parseIpv6(text: string): bigint | undefined {
  const tail = /^(.*:)([^:]*\..*)$/.exec(text);
  const ipv4 = tail ? parseIpv4(tail[2] ?? '') : undefined;
  if (tail && ipv4 === undefined) return undefined;
  const plain =
    tail && ipv4 !== undefined
      ? `${tail[1]}${(ipv4 >> 16n).toString(16)}:${(ipv4 & 0xffffn).toString(16)}`
      : text;
  const [head = '', rest, ...more] = plain.split('::');
  if (more.length > 0) return undefined;
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groupsOf(head);
  const after = rest === undefined ? [] : groupsOf(rest);
  const missing = 8 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

const prefixOf = (number: bigint, bits: number, length: number): bigint => number >> BigInt(bits - length);

/** Reads `203.0.113.7`, `198.51.100.0/24` and the same of IPv6; undefined for anything else. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [address = '', suffix, ...more] = text.split('/');
  if (more.length > 0 || (suffix !== undefined && !/^\d{1,3}$/.test(suffix))) return undefined;
  const ipv4 = parseIpv4(address);
  const number = ipv4 ?? parseIpv6(address);
  if (number === undefined) return undefined;
  const bits = ipv4 === undefined ? 128 : 32;
  const length = suffix === undefined ? bits : Number(suffix);
  if (length > bits) return undefined;
  const shift = BigInt(bits - length);
  return { bits, first: prefixOf(number, bits, length) << shift, length };
}

export const contains = (network: IpNetwork, other: IpNetwork): boolean =>
  network.bits === other.bits &&
  network.length <= other.length &&
  prefixOf(other.first, other.bits, network.length) === prefixOf(network.first, network.bits, network.length);

/** Two networks are apart or one is in the other. */
export const overlaps = (one: IpNetwork, other: IpNetwork): boolean =>
  contains(one, other) || contains(other, one);

/** The same address or network, in whatever way it is written. */
export const isSameNetwork = (one: IpNetwork, other: IpNetwork): boolean =>
  contains(one, other) && contains(other, one);

export const isSameAddress = (one: string, other: string): boolean => {
  const [first, second] = [parseIpNetwork(one), parseIpNetwork(other)];
  return first !== undefined && second !== undefined && isSameNetwork(first, second);
};

/** RFC 1918, RFC 6598, RFC 1122, RFC 3927, RFC 4193 and RFC 4291: no route of the internet leads there. */
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
].flatMap((text) => parseIpNetwork(text) ?? []);

/** `some` for a network that holds addresses of both sorts. */
export function privacyOf(network: IpNetwork): 'all' | 'some' | 'none' {
  if (privateNetworks.some((one) => contains(one, network))) return 'all';
  return privateNetworks.some((one) => overlaps(one, network)) ? 'some' : 'none';
}
