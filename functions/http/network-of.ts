import { isIP } from 'node:net';
import { provenAddressOf } from './caller-address.ts';

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

/** Where a request comes from, for counting what fails: nobody can choose it. */
export function networkOf(headers: { get(name: string): string | null }): string {
  const address = provenAddressOf(headers);
  if (address === null) return 'unknown';
  // An IPv4 address in the form of version 6 is that of one computer.
  const inside = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return isIP(address) === 4 ? address : (inside ?? prefixOf(address));
}
