import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { MachineReply, OperationReply, PortalConfig } from '#shared/protocol/api.ts';
import type { CertificateReply, DrillReply, ForecastReply } from '#shared/protocol/certificate-api.ts';
import { sampleCertificate, sampleForecast } from './certificate-samples.ts';
import { answerAccess, type FakeAccess, noAccess } from './portal-access-api.ts';
import { sampleAddresses } from './portal-install-samples.ts';
import { listSamples } from './portal-list.ts';
import { samplePreconditions } from './portal-samples.ts';

interface FakeReply {
  status: number;
  body?: object;
  headers?: Record<string, string>;
  /** `drop` cuts the connection instead of an answer. */
  drop?: boolean;
}

/** The API as the page sees it, with nothing behind it: a test sets what is answered. */
export interface FakePortalApi {
  readonly origin: string;
  machines: MachineReply[];
  operations: Map<string, OperationReply>;
  preconditions: ReturnType<typeof samplePreconditions>;
  /** By the machine's id; others that have one get the sample. */
  certificates: Map<string, CertificateReply>;
  forecast: ForecastReply;
  drills: Map<string, DrillReply>;
  access: FakeAccess;
  /** Answers before everything else, by `METHOD path`, with its query or without; a function is asked each time. */
  replies: Map<string, FakeReply | (() => FakeReply | Promise<FakeReply>)>;
  /** `METHOD path` of every call to the API, in order. */
  readonly calls: string[];
  config: PortalConfig | undefined;
  reset(): void;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** As the app serves the page (functions/http/portal.ts); the end-to-end test runs against the app itself. */
const policyFor = (authority: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(authority).origin}`,
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

const notFound: FakeReply = { status: 404, body: { title: 'There is no such route' } };

function answer(api: FakePortalApi, call: string): FakeReply {
  const [method, path = ''] = call.split(' ');
  if (call === 'GET /api/certificates/forecast') return { status: 200, body: api.forecast };
  if (call === 'GET /api/certificates/drills')
    return { status: 200, body: { value: [...api.drills.values()] } };
  const drill = api.drills.get(/^\/api\/certificates\/drills\/(.+)$/.exec(path)?.[1] ?? '');
  if (drill && method === 'GET') return { status: 200, body: drill };
  const operation = api.operations.get(/^\/api\/operations\/(.+)$/.exec(path)?.[1] ?? '');
  if (operation && method === 'GET') return { status: 200, body: operation, headers: { 'retry-after': '0' } };
  const [, id, part] = /^\/api\/machines\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  const machine = api.machines.find((one) => one.id === id);
  if (!machine || method !== 'GET') return notFound;
  if (part === undefined) return { status: 200, body: machine };
  if (part === 'preconditions') return { status: 200, body: api.preconditions };
  if (part === 'addresses') return { status: 200, body: sampleAddresses() };
  if (part === 'certificate')
    return machine.certificate
      ? { status: 200, body: api.certificates.get(machine.id) ?? sampleCertificate() }
      : notFound;
  if (part !== 'extension') return notFound;
  const isThere = machine.extension.state !== 'absent';
  const detailedStatus = {
    provisioningState: isThere ? 'succeeded' : 'absent',
    message: isThere ? 'The agent is up and serves its certificate.' : null,
    version: isThere ? '1.0.0.0' : null,
    port: isThere ? machine.extension.port : null,
  };
  return { status: 200, body: { ...machine.extension, detailedStatus } };
}

async function answerApi(api: FakePortalApi, request: IncomingMessage, call: string): Promise<FakeReply> {
  api.calls.push(call);
  if (!/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(request.headers.authorization ?? '')) return { status: 401 };
  const { pathname, search, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const reply = api.replies.get(`${call}${search}`) ?? api.replies.get(call);
  if (reply) return typeof reply === 'function' ? reply() : reply;
  if (call === 'GET /api/machines') return { status: 200, body: listSamples(api.machines, searchParams) };
  const known = request.method === 'GET' ? answerAccess(api.access, pathname, searchParams) : undefined;
  if (known) return { status: 200, body: known };
  return answer(api, call);
}

function send(response: ServerResponse, reply: FakeReply): void {
  if (reply.drop) return void response.socket?.destroy();
  const type = reply.status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(reply.status, { 'content-type': type, 'cache-control': 'no-store', ...reply.headers });
  response.end(reply.body && JSON.stringify(reply.body));
}

/** Serves a built page from `directory` and answers its API calls. */
export async function startFakePortalApi(directory: string): Promise<FakePortalApi> {
  const page = async (path: string, response: ServerResponse, config: PortalConfig): Promise<void> => {
    if (path === 'config.json') return send(response, { status: 200, body: config });
    const type = types[extname(path)];
    const body = await readFile(join(directory, type ? path : 'index.html')).catch(() => undefined);
    response.writeHead(body ? 200 : 404, {
      'content-type': type ?? 'text/html; charset=utf-8',
      'content-security-policy': policyFor(config.authority),
      'referrer-policy': 'no-referrer',
    });
    response.end(body);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const portal = /^\/portal\/(.*)$/.exec(pathname)?.[1];
    if (portal !== undefined && api.config) return page(portal, response, api.config);
    // What a session's URL leads to: another origin, and a page of its own.
    if (pathname === '/_session') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      return void response.end('<!doctype html><title>The machine</title><h1>The machine’s own page</h1>');
    }
    send(response, await answerApi(api, request, `${request.method} ${pathname}`));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: FakePortalApi = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    machines: [],
    operations: new Map(),
    preconditions: samplePreconditions(),
    certificates: new Map(),
    forecast: sampleForecast(),
    drills: new Map(),
    access: noAccess(),
    replies: new Map(),
    calls: [],
    config: undefined,
    reset() {
      api.machines = [];
      api.operations.clear();
      api.preconditions = samplePreconditions();
      api.certificates.clear();
      api.forecast = sampleForecast();
      api.drills.clear();
      api.access = noAccess();
      api.replies.clear();
      api.calls.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}
