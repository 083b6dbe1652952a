import { Buffer } from 'node:buffer';
import { isIPv4 } from 'node:net';
import { encodeBase32 } from '#shared/domain/base32.ts';

/** The bytes of an address; an IPv6 one may be shortened. */
function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** Every way in which somebody might write an address into a name, a value or a note, in lower case. */
export function addressWritings(address: string): string[] {
  const bytes = bytesOf(address);
  const parts = isIPv4(address)
    ? [...bytes].map(String)
    : (bytes.toString('hex').match(/.{4}/g) ?? []).map((group) => group.replace(/^0+(?=.)/, ''));
  const padded = parts.map((part) => part.padStart(isIPv4(address) ? 3 : 4, '0'));
  const separated = ['.', '-', '_', ':', 'x'].flatMap((separator) =>
    [parts, padded, parts.toReversed(), padded.toReversed()].map((all) => all.join(separator)),
  );
  const asText = [Buffer.from(address), Buffer.from(parts.join('-'))];
  const encoded = [bytes, Buffer.from(bytes).reverse(), ...asText].flatMap((raw) => [
    raw.toString('hex'),
    raw.toString('base64').replace(/=+$/, ''),
    raw.toString('base64url'),
    encodeBase32(raw),
  ]);
  const number = BigInt(`0x${bytes.toString('hex')}`).toString();
  const all = [address, ...separated, padded.join(''), ...encoded, number];
  return [...new Set(all.map((text) => text.toLowerCase()))];
}

/** The writings of these addresses that a text holds: none when it tells nothing of them (requirement 63). */
export const addressesIn = (text: string, addresses: readonly string[]): string[] =>
  addresses.flatMap(addressWritings).filter((writing) => text.toLowerCase().includes(writing));
