import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Exchange, reply } from './exchange.ts';
import { BodyTooLarge } from './http-trigger.ts';

export interface Listener {
  port: number;
  /** Takes no new request and resolves when the running ones are answered. */
  drain(): Promise<void>;
  close(): void;
}

export interface ListenerOptions {
  /** 0 takes a free port; always 127.0.0.1. */
  port: number;
  handle(exchange: Exchange): Promise<void>;
  onError(error: unknown): void;
}

/** The HTTP server of the host. A handler that throws is a 500, a malformed request a 400. */
export async function listen({ port, handle, onError }: ListenerOptions): Promise<Listener> {
  const answering = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    // Node's own is the system's time, also in a process that follows another clock; clients mend theirs by it.
    response.setHeader('date', new Date().toUTCString());
    const host = request.headers.host ?? `127.0.0.1:${request.socket.localPort}`;
    const text = `http://${host}${request.url ?? '/'}`;
    if (!URL.canParse(text)) {
      response.writeHead(400, { 'content-length': 0 }).end();
      return;
    }
    const exchange: Exchange = {
      request,
      response,
      url: new URL(text),
      method: (request.method ?? 'GET').toUpperCase(),
    };
    handle(exchange).catch((error: unknown) => {
      if (error instanceof BodyTooLarge) {
        return reply(exchange, 413, { Message: error.message }, { connection: 'close' });
      }
      if (error instanceof URIError) return reply(exchange, 400, { Message: 'The path is not well-formed.' });
      // The client went away: there is nobody to answer.
      if (request.destroyed && !request.complete) return;
      onError(error);
      if (response.headersSent) response.destroy();
      else reply(exchange, 500);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A connection that is kept alive after its answer would hold the end up.
        for (const response of answering) response.shouldKeepAlive = false;
      }),
    close: () => server.closeAllConnections(),
  };
}
