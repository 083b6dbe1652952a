import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { statusText } from './door-refusals.ts';
import { type Page, pageHeaders } from './pages.ts';

/** Answers with a page of the agent's own; `close` ends the connection after it. */
export function sendPage(response: ServerResponse, { status, body }: Page, close = false): void {
  response.writeHead(status, {
    ...pageHeaders,
    'content-length': Buffer.byteLength(body),
    ...(close && { connection: 'close' }),
  });
  response.end(body);
}

/** The same on a connection that asked for an upgrade and has no response object; always ends it. */
export function writePage(socket: Duplex, { status, body }: Page): void {
  if (socket.destroyed || !socket.writable) return;
  const headers = { ...pageHeaders, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${statusText(status)}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
