import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { rootCertificate } from './test-authority.ts';

interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface Connection {
  socket: TLSSocket;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>;
  webSocket(path: string, headers?: Record<string, string>): WebSocket;
}

/** Resolves when it is closed, by an error too. */
export const closed = (socket: Socket): Promise<unknown> =>
  socket.destroyed
    ? Promise.resolve()
    : new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));

/** A browser's connection to a server name, over a stream or to an address; rejects with what TLS says. */
export async function shakeHands(to: ConnectionOptions, serverName: string): Promise<Connection> {
  const socket = connect({ ...to, servername: serverName, ca: rootCertificate, ALPNProtocols: ['http/1.1'] });
  // Tests look at how it closes; an error says no more.
  socket.on('error', () => undefined);
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake was over')));
  });
  // One agent for one connection: requests wait for each other on it.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return {
    socket,
    get: (path, headers = {}, method = 'GET') =>
      new Promise((resolve, reject) => {
        const sent = request({ agent, method, path, headers: { host: serverName, ...headers } });
        sent.once('error', reject);
        sent.once('response', (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        });
        sent.end();
      }),
    webSocket: (path, headers = {}) =>
      new WebSocket(`ws://${serverName}${path}`, { createConnection: () => socket, headers }),
  };
}
