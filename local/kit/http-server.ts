import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Calls } from './calls.ts';
import type { Fault, Faults } from './faults.ts';
import type { TlsIdentity } from './stand-in.ts';

export interface HttpRequest {
  method: string;
  /** Absolute; the host is the one that the client named. */
  url: URL;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** What was switched on for this call, for the kinds that only the service itself can show: throttle, stale, skew. */
  fault?: Fault;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string | string[]>;
  /** An object is sent as JSON; a string as it is (say its content-type in `headers`). */
  body?: string | Buffer | object;
}

export interface HttpServerOptions {
  /** 0 takes a free port. Always 127.0.0.1. */
  port: number;
  tls?: TlsIdentity;
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /** Renders what `handle` threw in the service's own error shape. */
  renderError(error: unknown, request: HttpRequest): HttpReply;
  /** Answers a switched-on fault's status in the service's own shape; without it a plain one with Retry-After: 1. */
  renderFault?(status: number, operation: string): HttpReply;
  /** The service's own name of the operation, for counting and for faults. */
  operationOf(request: HttpRequest): string;
  calls: Calls;
  faults: Faults;
  /** Larger bodies get 413 before they are read to the end. Default 4 MiB. */
  maxBodyBytes?: number;
  onUpgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface HttpServer {
  port: number;
  close(): Promise<void>;
}

class BodyTooLarge extends Error {}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, reply: HttpReply): void {
  const { body } = reply;
  const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
  const bytes = body === undefined ? '' : isJson ? JSON.stringify(body) : (body as string | Buffer);
  response.writeHead(reply.status, {
    ...(isJson && { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(bytes),
    ...reply.headers,
  });
  response.end(bytes);
}

/** Bounded bodies, counted calls and switchable faults, for a server that listens in a way of its own. */
export function createHttpListener(
  options: Omit<HttpServerOptions, 'port' | 'onUpgrade'>,
): (incoming: IncomingMessage, response: ServerResponse) => void {
  const { tls, calls, faults, maxBodyBytes = 4 * 1024 * 1024 } = options;

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const scheme = tls ? 'https' : 'http';
    // Some clients ask for `//path`; as a relative reference that would name a host, so it is joined as text.
    const host = incoming.headers.host ?? `127.0.0.1:${incoming.socket.localPort}`;
    const request: HttpRequest = {
      method: incoming.method ?? 'GET',
      url: new URL(`${scheme}://${host}${incoming.url ?? '/'}`),
      headers: incoming.headers,
      body: Buffer.alloc(0),
    };
    const operation = options.operationOf(request);
    calls.add(operation);
    response.once('finish', () => {
      const { statusCode } = response;
      // Without credentials a client asks for the challenge; that is no failure.
      const isQuestion = statusCode === 401 && incoming.headers.authorization === undefined;
      if (statusCode >= 400 && !isQuestion) calls.failed(operation, `${statusCode} ${request.url.pathname}`);
    });
    const fault = faults.take(operation);
    if (fault) request.fault = fault;
    if (fault?.delayMs) await sleep(fault.delayMs);
    if (fault?.drop) return void incoming.socket.destroy();
    try {
      request.body = await readBody(incoming, maxBodyBytes);
      if (fault?.status && options.renderFault)
        return send(response, options.renderFault(fault.status, operation));
      if (fault?.status)
        return send(response, {
          status: fault.status,
          headers: { 'retry-after': '1' },
          body: { error: { code: 'InjectedFault', message: `fault switched on for ${operation}` } },
        });
      send(response, await options.handle(request));
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        send(response, {
          status: 413,
          headers: { connection: 'close' },
          body: { error: { code: 'RequestEntityTooLarge', message: `more than ${maxBodyBytes} bytes` } },
        });
      } else send(response, options.renderError(error, request));
    }
  };

  return (incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      console.error(error);
      incoming.socket.destroy();
    });
  };
}

/** An HTTP or HTTPS server on loopback with bounded bodies, counted calls and switchable faults. */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { tls } = options;
  const listener = createHttpListener(options);
  const server = tls ? createTlsServer({ ...tls }, listener) : createServer(listener);
  if (options.onUpgrade) server.on('upgrade', options.onUpgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
