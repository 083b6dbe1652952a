import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TlsIdentity } from '#local/kit/stand-in.ts';

const tlsHandshake = 0x16;
const amqpName = Buffer.from('AMQP');
/** A connection that says nothing recognisable for this long is dropped. */
const silenceMs = 20_000;

export interface PortListenerOptions {
  port: number;
  tls: TlsIdentity;
  onAmqp(socket: Socket): void;
  onHttp(socket: Socket, secure: boolean): void;
}

export interface PortListener {
  port: number;
  close(): Promise<void>;
}

/**
 * One port for everything a connection string's host serves. The first bytes decide: a TLS record opens TLS and
 * the bytes inside decide again; the AMQP header means AMQP; anything else is HTTP.
 */
export async function listenOnPort(options: PortListenerOptions): Promise<PortListener> {
  const secureContext = createSecureContext(options.tls);
  const sockets = new Set<Socket>();

  const sniff = (socket: Socket | TLSSocket, secure: boolean) => {
    let head: Buffer = Buffer.alloc(0);
    const peek = () => {
      const bytes: unknown = socket.read();
      if (Buffer.isBuffer(bytes)) head = Buffer.concat([head, bytes]);
      const name = head.subarray(0, amqpName.length);
      // A first piece that is shorter than the name is waited out.
      if (name.length < amqpName.length && amqpName.subarray(0, name.length).equals(name))
        return void socket.once('readable', peek);
      socket.unshift(head);
      socket.setTimeout(0);
      if (!secure && head[0] === tlsHandshake) return openTls(socket);
      if (name.equals(amqpName)) return options.onAmqp(socket);
      options.onHttp(socket, secure);
    };
    socket.once('readable', peek);
  };

  const openTls = (socket: Socket) => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    secured.on('error', () => secured.destroy());
    secured.setTimeout(silenceMs, () => secured.destroy());
    secured.once('secure', () => sniff(secured, true));
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(silenceMs, () => socket.destroy());
    sniff(socket, false);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
