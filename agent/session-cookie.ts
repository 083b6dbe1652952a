/** The prefix binds the cookie to one host name, the root path and TLS (RFC 6265bis section 4.1.3.2). */
export const sessionCookieName = '__Host-session';

const nameOf = (pair: string): string => pair.split('=', 1)[0]?.trim() ?? '';

/** Our cookie's value in a `Cookie` header; undefined when it is absent or there twice. */
export function readSessionCookie(header: string | undefined): string | undefined {
  const ours = (header ?? '').split(';').filter((pair) => nameOf(pair) === sessionCookieName);
  const [only = ''] = ours;
  return ours.length === 1 ? only.slice(only.indexOf('=') + 1).trim() : undefined;
}

/** The `Cookie` header for the service behind the door; undefined when nothing is left. */
export function withoutSessionCookie(header: string | undefined): string | undefined {
  const others = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && nameOf(pair) !== sessionCookieName);
  return others.length > 0 ? others.join('; ') : undefined;
}

/** `Lax`: the first request comes by a link from the portal's site, and later ones from the page itself. */
export const sessionSetCookie = (value: string): string =>
  `${sessionCookieName}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`;

/**
 * A `Set-Cookie` of the service, kept to the session's own host name: without `Domain` no other session under the
 * machine's name sees it. Undefined when it would replace our own cookie.
 */
export function confineSetCookie(text: string): string | undefined {
  const [pair = '', ...attributes] = text.split(';');
  if (nameOf(pair) === sessionCookieName) return undefined;
  const kept = attributes.filter((attribute) => nameOf(attribute).toLowerCase() !== 'domain');
  return [pair, ...kept].join(';');
}
