import { isIP } from 'node:net';

interface RequestHeaders {
  get(name: string): string | null;
}

const hopsOf = (headers: RequestHeaders): string[] =>
  (headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());

/** The first hop that tells where the caller comes from. He may say what he likes there: for what is shown to himself. */
export const callerAddressOf = (headers: RequestHeaders): string | null =>
  addressIn(hopsOf(headers)[0] ?? '');

/** The hop that the front end wrote down itself (in Azure its own, the socket elsewhere): nobody chooses it. */
export const provenAddressOf = (headers: RequestHeaders): string | null =>
  addressIn(hopsOf(headers).at(-1) ?? '');

function addressIn(forwarded: string): string | null {
  // The last group of a bare IPv6 address looks like a port.
  const address = isIP(forwarded) ? forwarded : forwarded.replace(/^\[?([^\]]*?)\]?(?::\d+)?$/, '$1');
  return isIP(address) ? address : null;
}
