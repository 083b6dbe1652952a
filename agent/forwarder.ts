import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';
import {
  confineResponseCookies,
  prepareRequestHeaders,
  prepareResponseHeaders,
  type VisitorFacts,
} from './forwarded-request.ts';
import { sendPage, writePage } from './page-reply.ts';
import { serviceUnreachablePage } from './pages.ts';

export interface ForwarderOptions {
  /** How the local services speak. */
  scheme: 'http' | 'https';
  onUnreachable(port: number, error: Error): void;
}

export interface Destination {
  /** On 127.0.0.1. */
  port: number;
  /** undefined where the service asks for itself who he is. */
  visitor: VisitorFacts | undefined;
}

/** Passes requests and WebSockets of a session on to the local service. */
export interface Forwarder {
  forward(request: IncomingMessage, response: ServerResponse, to: Destination): void;
  forwardUpgrade(request: IncomingMessage, socket: Socket, head: Buffer, to: Destination): void;
}

/** The first code in a chain of causes, for example `ECONNREFUSED`; a dual-stack failure hides it in `errors`. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}

/** Of a service as the agent calls it. */
export const originOf = (scheme: ForwarderOptions['scheme'], port: number): string =>
  `${scheme}://127.0.0.1:${port}`;

export function createForwarder({ scheme, onUnreachable }: ForwarderOptions): Forwarder {
  // A connection per request: loopback makes one in microseconds, and a kept one may be closed by the service
  // just as it is used again. `secure` is off because the service's own certificate is self-signed, and the
  // other end of 127.0.0.1 is this machine.
  const proxy = createProxyServer({ agent: false, secure: false });
  const destinations = new WeakMap<IncomingMessage, Destination>();

  proxy.on('proxyReqWs', (outgoing, _request, socket) => {
    const confine = (incoming: IncomingMessage) => confineResponseCookies(incoming.headers);
    outgoing.prependListener('response', confine);
    outgoing.prependListener('upgrade', (incoming: IncomingMessage, local: Socket) => {
      confine(incoming);
      // The library passes on an orderly end only.
      socket.once('close', () => local.destroy());
      local.once('close', () => {
        if (!local.readableEnded) socket.destroy();
      });
    });
  });
  proxy.on('proxyRes', (incoming) => prepareResponseHeaders(incoming.headers));
  proxy.on('error', (error, request, response) => {
    const to = request && destinations.get(request);
    if (!to || !response) return;
    onUnreachable(to.port, error);
    const page = serviceUnreachablePage(to.port, scheme, reasonOf(error));
    if (!(response instanceof ServerResponse)) writePage(response, page);
    else if (response.headersSent) response.destroy();
    else sendPage(response, page);
  });

  const targetOf = (to: Destination) => ({ target: originOf(scheme, to.port) });
  // Failures arrive at the `error` listener above; the promises only say that the exchange is over.
  const ignore = () => undefined;

  return {
    forward(request, response, to) {
      destinations.set(request, to);
      prepareRequestHeaders(request.headers, to.visitor);
      proxy.web(request, response, targetOf(to)).catch(ignore);
    },
    forwardUpgrade(request, socket, head, to) {
      destinations.set(request, to);
      prepareRequestHeaders(request.headers, to.visitor);
      proxy.ws(request, socket, targetOf(to), head).catch(ignore);
    },
  };
}
