import { UsageError } from './failure.ts';

const defaultAddress = 'http://localhost:7071';

const isLoopback = (hostname: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);

/**
 * Where the control plane is, without a final slash: what was typed, else the environment, else a local run. Throws
 * `UsageError` for anything but https: an access token never travels in the clear, except to this computer itself.
 */
export function apiAddress(
  typed: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const text = typed ?? (env['ADMIN_CENTER_API_URL'] || defaultAddress);
  const source = typed === undefined ? 'ADMIN_CENTER_API_URL' : '--api';
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new UsageError(`${source} must be an address such as https://api.example.com`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new UsageError(`${source} must begin with https: an access token is sent there`);
  if (url.username || url.password || url.search || url.hash)
    throw new UsageError(`${source} must be an address without name, query and fragment`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
