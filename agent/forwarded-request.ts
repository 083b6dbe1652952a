import type { IncomingHttpHeaders } from 'node:http';
import { confineSetCookie, withoutSessionCookie } from './session-cookie.ts';

/** Only the agent says who the user is; the service may trust this header because nobody else can send it. */
const userHeader = 'x-admin-center-user';

const isOurs = (name: string): boolean =>
  name === 'forwarded' ||
  name === 'x-real-ip' ||
  name.startsWith('x-forwarded-') ||
  name.startsWith('x-admin-center-');

/** RFC 9110 section 7.6.1: these speak of one connection; the service's is not the browser's. */
const connectionHeaders = ['connection', 'keep-alive', 'proxy-connection'];

/** A header holds visible ASCII; a name with anything else, or with a percent sign, travels percent-encoded. */
const asHeader = (text: string): string => (/^[!-$&-~]+$/.test(text) ? text : encodeURIComponent(text));

/** Changes the browser's headers in place to what the service may see. */
export function prepareRequestHeaders(headers: IncomingHttpHeaders, user: string): void {
  for (const name of Object.keys(headers)) if (isOurs(name)) delete headers[name];
  const cookie = withoutSessionCookie(headers.cookie);
  if (cookie === undefined) delete headers.cookie;
  else headers.cookie = cookie;
  const host = headers.host ?? '';
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-proto'] = 'https';
  headers['x-forwarded-port'] = /:(\d+)$/.exec(host)?.[1] ?? '443';
  headers[userHeader] = asHeader(user);
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
