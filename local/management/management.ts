import { createHash, timingSafeEqual } from 'node:crypto';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import { ManagementError } from './management-error.ts';
import { answerManagement, type Managed } from './routes.ts';
import { pageReply } from './status-page.ts';

export interface ManagementOptions extends Managed {
  /** 0 takes a free port; always 127.0.0.1. */
  port: number;
  /** Whoever has it may look and break: it is for the person who started the stand-ins. */
  token: string;
}

export interface Management {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

const longestBody = 64 * 1024;
const digest = (text: string) => createHash('sha256').update(text).digest();

function requireToken(request: HttpRequest, expected: Buffer): void {
  const [, given = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  // Digests are of one length, so the comparison takes the same time whatever was sent.
  if (timingSafeEqual(digest(given), expected)) return;
  throw new ManagementError(401, 'Unauthorized', 'the token is management.token of connection.json');
}

/** A page of another site that has made its own name point here is refused. */
function requireLoopbackHost({ url }: HttpRequest): void {
  if (['127.0.0.1', 'localhost'].includes(url.hostname)) return;
  throw new ManagementError(421, 'Misdirected', `${url.hostname} is not the name of this server`);
}

function renderError(error: unknown): HttpReply {
  if (!(error instanceof ManagementError)) {
    console.error(error);
    return { status: 500, body: { error: { code: 'Internal', message: 'see the log of the stand-ins' } } };
  }
  const { status, code, message } = error;
  return {
    status,
    ...(status === 401 && { headers: { 'www-authenticate': 'Bearer realm="management"' } }),
    body: { error: { code, message } },
  };
}

/** The management API and the status page, over plain HTTP on loopback. */
export async function startManagement(options: ManagementOptions): Promise<Management> {
  const expected = digest(options.token);
  const server = await serveHttp({
    port: options.port,
    calls: createCalls(),
    faults: createFaults(),
    maxBodyBytes: longestBody,
    operationOf: ({ method, url }) => `${method} ${url.pathname}`,
    async handle(request) {
      requireLoopbackHost(request);
      const page = pageReply(request);
      if (page) return page;
      requireToken(request, expected);
      const reply = await answerManagement(options, request);
      return { ...reply, headers: { 'cache-control': 'no-store', ...reply.headers } };
    },
    renderError,
  });
  return { port: server.port, url: `http://127.0.0.1:${server.port}`, close: server.close };
}
