import { isIP } from 'node:net';

/** The first hop that tells where the caller comes from: the front end in Azure, the socket elsewhere. */
export function callerAddressOf(headers: { get(name: string): string | null }): string | null {
  const forwarded = headers.get('x-forwarded-for')?.split(',')[0]?.trim() ?? '';
  // The last group of a bare IPv6 address looks like a port.
  const address = isIP(forwarded) ? forwarded : forwarded.replace(/^\[?([^\]]*?)\]?(?::\d+)?$/, '$1');
  return isIP(address) ? address : null;
}
