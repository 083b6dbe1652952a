import { isIP } from 'node:net';

/** The first 64 bits of an IPv6 address: what one household or one rented server has to itself. */
function prefixOf(address: string): string {
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/**
 * Where a request comes from, for counting what fails: the last hop that the front end wrote down, because a caller can
 * make up those before it. Unlike the address of `callerAddressOf` nobody can choose it.
 */
export function networkOf(headers: { get(name: string): string | null }): string {
  const last = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  // The last group of a bare IPv6 address looks like a port.
  const address = isIP(last) ? last : last.replace(/^\[?([^\]]*?)\]?(?::\d+)?$/, '$1');
  const kind = isIP(address);
  if (kind === 0) return 'unknown';
  // An IPv4 address in the form of version 6 is that of one computer.
  const inside = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return kind === 4 ? address : (inside ?? prefixOf(address));
}
