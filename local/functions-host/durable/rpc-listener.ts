import { randomBytes } from 'node:crypto';
import { createCalls } from '../../kit/calls.ts';
import { createFaults } from '../../kit/faults.ts';
import { serveHttp } from '../../kit/http-server.ts';
import type { ManagementApi } from './management-api.ts';

/**
 * The listener that the durable client of the app calls. Its calls carry no key, so it has a port of its own
 * on loopback and a path that nobody can guess.
 */
export async function serveRpc(management: ManagementApi, maxBodyBytes: number) {
  const secret = randomBytes(24).toString('base64url');
  const prefix = `/${secret}/durabletask/`;
  const server = await serveHttp({
    port: 0,
    calls: createCalls(),
    faults: createFaults(),
    maxBodyBytes,
    operationOf: ({ method }) => method,
    async handle({ method, url, headers, body }) {
      if (!url.pathname.startsWith(prefix)) return { status: 404 };
      const token = headers['x-ms-continuation-token'];
      const reply = await management({
        method,
        segments: url.pathname.slice(prefix.length).split('/'),
        query: url.searchParams,
        body: body.toString('utf8'),
        continuationToken: typeof token === 'string' ? token : undefined,
      });
      return {
        status: reply.status,
        ...(reply.headers && { headers: reply.headers }),
        ...(reply.body !== undefined && { body: reply.body as object }),
      };
    },
    renderError: (error) => ({
      status: 500,
      body: { Message: error instanceof Error ? error.message : 'The request failed.' },
    }),
  });
  return { baseUrl: `http://127.0.0.1:${server.port}${prefix}`, close: () => server.close() };
}
