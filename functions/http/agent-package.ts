import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { toAppError } from '#shared/domain/error.ts';
import { type AgentPackage, openAgentPackage } from '../agent-package.ts';
import type { PortsProvider } from '../ports.ts';
import { problemOf } from './problem-details.ts';

const contentTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
};
const typeOf = (file: string): string =>
  contentTypes[file.split('.').at(-1) ?? ''] ??
  (/^[\w-]+$/.test(file) && file !== 'SHA256SUMS' ? 'application/octet-stream' : 'text/plain; charset=utf-8');

const headersFor = (file: string) => ({
  'content-type': typeOf(file),
  'x-content-type-options': 'nosniff',
  // Nobody is to open these as a page of this site.
  'content-disposition': `attachment; filename="${file}"`,
});

const missing = (why: string): HttpResponseInit => ({
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: `${why}\n`,
});

/** Entity tags as they stand in the header, weak ones too (RFC 9110 section 13.1.2). */
const matches = (header: string | null, etag: string): boolean =>
  header !== null &&
  header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);

async function serve(source: AgentPackage, request: HttpRequest): Promise<HttpResponseInit> {
  const name = request.params['file'] ?? '';
  const wanted = request.query.get('sha256');
  if (name === 'manifest.json')
    return {
      jsonBody: await source.manifest(),
      headers: { ...headersFor(name), 'cache-control': 'no-cache' },
    };
  const file = await source.read(name);
  if (!file) return missing('There is no such file in the agent package.');
  // Announced before this version was deployed: whoever asks would refuse the bytes.
  if (wanted !== null && wanted.toLowerCase() !== file.sha256)
    return missing('This deployment has another version of that file: install again.');
  const etag = `"${file.sha256}"`;
  const headers = {
    ...headersFor(name),
    etag,
    // With its hash in the address a file never changes; without it the tag says whether it did.
    'cache-control': wanted === null ? 'no-cache' : 'public, max-age=31536000, immutable',
  };
  if (matches(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
  return { body: file.bytes, headers };
}

/** The agent package for machines, which have no identity yet; nothing in it is secret. */
export function registerAgentPackage(provider: PortsProvider): void {
  let source: AgentPackage | undefined;
  app.http('agentPackage', {
    methods: ['GET'],
    route: 'api/agent/package/{file}',
    authLevel: 'anonymous',
    handler: async (request, context): Promise<HttpResponseInit> => {
      try {
        source ??= openAgentPackage(provider().settings.ADMIN_CENTER_AGENT_PACKAGE_DIRECTORY);
        return await serve(source, request);
      } catch (caught) {
        const error = toAppError(caught);
        context.error(`agentPackage ${error.code} ${error.message}`, error.cause ?? error);
        return problemOf(error).response;
      }
    },
  });
}
