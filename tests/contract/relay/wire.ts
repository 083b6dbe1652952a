import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';

const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');

/** A plain WebSocket client, as any other implementation of the protocol would use it. */
export function dial(url: string, headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  socket.on('error', () => {});
  return socket;
}

export async function opened(socket: WebSocket): Promise<WebSocket> {
  await once(socket, 'open');
  return socket;
}

export function statusOf(socket: WebSocket): Promise<{ status: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ status: 101, reason: 'Switching Protocols' }));
    socket.once('unexpected-response', (request, response: IncomingMessage) => {
      resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? '' });
      request.destroy();
    });
  });
}

export function closeOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', (code) => resolve(code)));
}

export interface Accept {
  address: string;
  id: string;
  connectHeaders: Record<string, string>;
}

export function nextAccept(channel: WebSocket): Promise<Accept> {
  return new Promise((resolve) =>
    channel.once('message', (data) => resolve((JSON.parse(textOf(data)) as { accept: Accept }).accept)),
  );
}

export function nextMessage(socket: WebSocket): Promise<{ text: string; isBinary: boolean }> {
  return new Promise((resolve) =>
    socket.once('message', (data, isBinary) => resolve({ text: textOf(data), isBinary })),
  );
}
