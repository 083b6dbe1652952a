import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ConnectionContext, serveConnection } from './connection.ts';

export interface ProxyServerOptions extends ConnectionContext {
  host: string;
  /** 0 takes a free port. */
  port: number;
  limits: ProxyLimits;
}

export interface ProxyLimits {
  /** All connections; more are dropped before a byte is read. */
  maxConnections: number;
  /** Connections that have not sent a whole ClientHello yet. */
  maxPendingHellos: number;
}

export interface ProxyServer {
  port: number;
  /** Stops accepting, drops who has not said where to, waits `graceMs` for what runs, then cuts it. */
  drain(graceMs: number): Promise<void>;
}

/** Accepts TLS clients and passes them on by their server name; holds no certificate and no private key. */
export async function createProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const { host, port, limits, sessions, logger } = options;
  const sockets = new Set<Socket>();
  const pendingHellos = new Set<Socket>();

  const refuse = (socket: Socket, reason: string) => {
    logger.log('connection.refused', { client: socket.remoteAddress, reason });
    socket.destroy();
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sockets.size >= limits.maxConnections) return refuse(socket, 'too_many_connections');
    if (pendingHellos.size >= limits.maxPendingHellos) return refuse(socket, 'too_many_pending_hellos');
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    pendingHellos.add(socket);
    serveConnection(socket, options, () => pendingHellos.delete(socket)).catch((error: unknown) => {
      logger.log('process.failed', { error });
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A failed accept (too many open files) is reported here; the next one may succeed.
      server.on('error', (error) => logger.log('process.failed', { error }));
      resolve();
    });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async drain(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of pendingHellos) socket.destroy();
      const timer = setTimeout(() => {
        sessions.cutAll('drained');
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
