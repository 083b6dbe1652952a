import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import { claimsOfLabel } from '#shared/domain/label.ts';
import type { StreamPurpose } from '#shared/ports/tunnel.ts';
import type { DoorRequests } from './door-requests.ts';
import { type MachineNames, placeOf } from './host-names.ts';

/** A browser that reads a page sends nothing for a while; a new connection through the relay is dear. */
const keepAliveMs = 65_000;
/** How long a session's server outlives its last connection: within it, TLS sessions resume. */
const lingerMs = 60_000;
/** As many linger: in direct mode anybody may name sessions that there are not. */
const maxLingering = 128;
/**
 * Browsers never half-close. What is still open this long after the end of their side is a handshake that was given
 * up, or an answer that nobody reads.
 */
const halfOpenMs = 1_000;

export interface TlsDoorOptions {
  requests: DoorRequests;
  /** Those that this machine answers to; none until they are known. */
  names(): readonly MachineNames[];
  contextFor(serverName: string): SecureContext | undefined;
  /** A handshake that failed, with a sentence for the log. */
  onRefused(purpose: StreamPurpose, reason: string): void;
}

/** Ends TLS for the streams of sessions. It listens on nothing: streams are handed in. */
export interface TlsDoor {
  accept(stream: Duplex, purpose: StreamPurpose): void;
  close(): void;
}

interface SessionServer {
  server: Server;
  open: number;
  timer?: NodeJS.Timeout;
}

/** The library's text holds addresses and file names of its own; its code says as much. */
const reasonOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

/** Each session has a server of its own: which session a connection belongs to is then never in question. */
export function createTlsDoor(options: TlsDoorOptions): TlsDoor {
  const { requests } = options;
  const servers = new Map<string, SessionServer>();

  /** The certificate for this server name, if the name is one of this very session. */
  function choose(serverName: string, purpose: StreamPurpose): SecureContext | string {
    const place = placeOf(options.names(), serverName);
    if (!place) return 'the server name is not one of this machine';
    if (claimsOfLabel(place.label)?.sessionId !== purpose.sessionId)
      return 'the server name belongs to another session';
    return options.contextFor(serverName) ?? 'there is no certificate for the server name';
  }

  function createSessionServer(purpose: StreamPurpose): Server {
    const server = createServer({
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 15_000,
      // Uploads and long polls last as long as the session does.
      requestTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      SNICallback(serverName, done) {
        const chosen = choose(serverName, purpose);
        if (typeof chosen !== 'string') return done(null, chosen);
        options.onRefused(purpose, chosen);
        // No context: OpenSSL has no certificate to offer and answers with an alert.
        return done(null);
      },
    });
    const doorPlaceOf = (socket: unknown) => ({
      ...purpose,
      hostName: socket instanceof TLSSocket ? String(socket.servername).toLowerCase() : '',
    });
    server.on('request', (request, response) => {
      requests.handle(request, response, doorPlaceOf(request.socket)).catch((error: unknown) => {
        options.onRefused(purpose, error instanceof Error ? error.message : String(error));
        response.destroy();
      });
    });
    server.on('upgrade', (request, socket, head) => {
      if (!(socket instanceof TLSSocket)) return void socket.destroy();
      socket.on('error', () => socket.destroy());
      return requests.handleUpgrade(request, socket, head, doorPlaceOf(request.socket));
    });
    server.on('tlsClientError', (error) => options.onRefused(purpose, reasonOf(error)));
    return server;
  }

  function discard(key: string, entry: SessionServer): void {
    clearTimeout(entry.timer);
    servers.delete(key);
    entry.server.closeAllConnections();
    // Ends the server's own timers; it was never listening.
    entry.server.close(() => undefined);
  }

  return {
    accept(stream, purpose) {
      const key = `${purpose.service} ${purpose.sessionId}`;
      const entry = servers.get(key) ?? { server: createSessionServer(purpose), open: 0 };
      servers.set(key, entry);
      clearTimeout(entry.timer);
      entry.open += 1;
      let ending: NodeJS.Timeout | undefined;
      stream.once('end', () => {
        ending = setTimeout(() => stream.destroy(), halfOpenMs);
      });
      stream.once('close', () => {
        clearTimeout(ending);
        entry.open -= 1;
        if (entry.open > 0 || servers.get(key) !== entry) return;
        entry.timer = setTimeout(discard, lingerMs, key, entry).unref();
        // The newest comes last: what is left over is the oldest.
        servers.delete(key);
        servers.set(key, entry);
        const lingering = [...servers].filter(([, { open }]) => open === 0);
        for (const [name, one] of lingering.slice(0, -maxLingering)) discard(name, one);
      });
      entry.server.emit('connection', stream);
    },
    close() {
      for (const [key, entry] of servers) discard(key, entry);
    },
  };
}
