import { readFile } from 'node:fs/promises';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { app, type HttpResponseInit } from '@azure/functions';
import type { PortalConfig } from '#shared/protocol/api.ts';
import type { PortsProvider } from '../ports.ts';
import type { Settings } from '../settings.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Scripts and styles of our own only; the page talks to this API and to the sign-in service. */
const policyOf = (settings: Settings): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(settings.ADMIN_CENTER_AUTHORITY).origin}`,
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

const portalConfig = (settings: Settings): PortalConfig => ({
  authority: `${settings.ADMIN_CENTER_AUTHORITY}/${settings.ADMIN_CENTER_TENANT_ID}/v2.0`,
  clientId: settings.ADMIN_CENTER_PORTAL_CLIENT_ID,
  commandLineClientId: settings.ADMIN_CENTER_COMMAND_LINE_CLIENT_ID,
  scope: `api://${settings.ADMIN_CENTER_API_AUDIENCE}/user_impersonation`,
  zone: settings.ADMIN_CENTER_DNS_ZONE_ID.split('/').at(-1) ?? '',
});

/** Serves the page's files; any other path below `/portal/` is a view of the page itself. */
export function registerPortal(provider: PortsProvider): void {
  app.http('portal', {
    methods: ['GET'],
    route: 'portal/{*path}',
    authLevel: 'anonymous',
    handler: async (request): Promise<HttpResponseInit> => {
      const { pathname } = new URL(request.url);
      // Relative links of the page need the slash.
      if (pathname === '/portal') return { status: 308, headers: { location: '/portal/' } };
      const { settings } = provider();
      const path = request.params['path'] ?? '';
      if (path === 'config.json')
        return { jsonBody: portalConfig(settings), headers: { 'cache-control': 'no-cache' } };
      return serveFile(settings, path);
    },
  });
}

async function serveFile(settings: Settings, path: string): Promise<HttpResponseInit> {
  const root = resolve(
    process.env['AzureWebJobsScriptRoot'] ?? process.cwd(),
    settings.ADMIN_CENTER_PORTAL_DIRECTORY,
  );
  const isAsset = contentTypes[extname(path)] !== undefined;
  const file = join(root, normalize(isAsset ? path : 'index.html'));
  if (!file.startsWith(root + sep)) return { status: 404 };
  const body = await readFile(file).catch(() => undefined);
  if (!body)
    return {
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'There is no such file.',
    };
  return {
    body,
    headers: {
      'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': policyOf(settings),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      // Bundles carry a hash in their names; the page itself is asked for each time.
      'cache-control': /\.[0-9a-z_-]{8,}\.(js|css)$/i.test(file)
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
    },
  };
}
