import type { IncomingHttpHeaders } from 'node:http';
import { confineSetCookie, withoutSessionCookie } from './session-cookie.ts';

/**
 * What the service is told of the visitor, docs/sign-in.md. Only the agent says it; the service may trust these headers
 * because no browser can send them.
 */
export interface VisitorFacts {
  /** UPN. */
  user: string;
  /** The same, signed by the agent: a compact JWS. */
  identity: string;
  /** The account of the machine that was made for him. */
  account?: string | undefined;
}

/** Some services take `_` in the name of a header for `-`. */
const isOurs = (written: string): boolean => isOursWritten(written.replaceAll('_', '-'));

const isOursWritten = (name: string): boolean =>
  name === 'forwarded' ||
  name === 'x-real-ip' ||
  name.startsWith('x-forwarded-') ||
  name.startsWith('x-admin-center-');

/** RFC 9110 section 7.6.1: these speak of one connection; the service's is not the browser's. */
const connectionHeaders = ['connection', 'keep-alive', 'proxy-connection'];

/** A header holds visible ASCII; a name with anything else, or with a percent sign, travels percent-encoded. */
const asHeader = (text: string): string => (/^[!-$&-~]+$/.test(text) ? text : encodeURIComponent(text));

/**
 * Changes the browser's headers in place to what the service may see. Without `visitor` it is told nothing of him and asks
 * for itself (requirement 78).
 */
export function prepareRequestHeaders(headers: IncomingHttpHeaders, visitor: VisitorFacts | undefined): void {
  for (const name of Object.keys(headers)) if (isOurs(name)) delete headers[name];
  const cookie = withoutSessionCookie(headers.cookie);
  if (cookie === undefined) delete headers.cookie;
  else headers.cookie = cookie;
  const host = headers.host ?? '';
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-proto'] = 'https';
  headers['x-forwarded-port'] = /:(\d+)$/.exec(host)?.[1] ?? '443';
  if (!visitor) return;
  headers['x-admin-center-user'] = asHeader(visitor.user);
  headers['x-admin-center-identity'] = visitor.identity;
  if (visitor.account !== undefined) headers['x-admin-center-account'] = asHeader(visitor.account);
}

/** Changes the service's headers in place: cookies stay with the session's own host name. */
export function confineResponseCookies(headers: IncomingHttpHeaders): void {
  const cookies = headers['set-cookie'];
  if (!cookies) return;
  const kept = cookies.map(confineSetCookie).filter((cookie) => cookie !== undefined);
  if (kept.length > 0) headers['set-cookie'] = kept;
  else delete headers['set-cookie'];
}

export function prepareResponseHeaders(headers: IncomingHttpHeaders): void {
  for (const name of connectionHeaders) delete headers[name];
  confineResponseCookies(headers);
}
