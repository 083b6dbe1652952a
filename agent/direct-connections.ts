import type { Socket } from 'node:net';
import { claimsOfLabel } from '#shared/domain/label.ts';
import type { Incoming } from '#shared/ports/tunnel.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { readHelloFrom } from '#shared/runtime/hello-reader.ts';
import { sendAlert } from '#shared/runtime/tls-alert.ts';
import { type MachineNames, placeOf } from './host-names.ts';
import { createRefusalLog } from './refusal-log.ts';

/** Connections at one time; a browser opens six for a session. */
const maxConnections = 512;
/** From one address: people behind one gateway share it. */
const maxOfOneAddress = 128;
const maxPendingHellos = 64;
const helloTimeoutMs = 10_000;
/** Whoever scans addresses must not fill the log. */
const refusalsPerMinute = 30;

interface RefusedConnection {
  client: string;
  reason: string;
  serverName?: string;
}

export interface DirectConnectionsOptions {
  /** Those that this machine answers to. */
  names(): readonly MachineNames[];
  nowSeconds(): number;
  clock: Clock;
  onStream(incoming: Incoming): void;
  /** `unlogged`: how many were not told of since the last one that was. */
  onRefused(facts: RefusedConnection & { unlogged?: number }): void;
}

/** Connections of browsers that come straight to the machine, until the door has them. */
export interface DirectConnections {
  take(socket: Socket): void;
  /** Cuts all of them. */
  cut(): void;
}

/**
 * The proxy is not on this way, so nobody has checked the label: it says which session is meant, and its time is over
 * when it says so. Who gets in is decided by the ticket and nothing else.
 */
function sessionOf(
  names: readonly MachineNames[],
  serverName: string | undefined,
  nowSeconds: number,
): { sessionId: string } | 'foreign_name' | 'malformed_label' | 'expired_label' {
  const place = placeOf(names, serverName ?? '');
  if (!place) return 'foreign_name';
  const label = claimsOfLabel(place.label);
  // SSH has a port of its own and no TLS.
  if (label?.service !== 'WAC') return 'malformed_label';
  return nowSeconds >= label.expiresAt ? 'expired_label' : { sessionId: label.sessionId };
}

export function createDirectConnections(options: DirectConnectionsOptions): DirectConnections {
  const open = new Map<Socket, string>();
  const pending = new Set<Socket>();
  const tell = createRefusalLog(refusalsPerMinute, options.clock.now, options.onRefused);
  const refuse = (client: string, reason: string, serverName?: string) =>
    tell({ client, reason, ...(serverName !== undefined && { serverName }) });

  function tooMany(client: string): string | undefined {
    if (open.size >= maxConnections) return 'too_many_connections';
    if (pending.size >= maxPendingHellos) return 'too_many_pending_hellos';
    const ofAddress = [...open.values()].filter((one) => one === client).length;
    return ofAddress >= maxOfOneAddress ? 'too_many_of_one_address' : undefined;
  }

  async function serve(socket: Socket, client: string): Promise<void> {
    const hello = await readHelloFrom(socket, options.clock, helloTimeoutMs);
    pending.delete(socket);
    if (hello.kind === 'refused') {
      if (hello.reason === 'malformed_hello' || hello.reason === 'hello_too_large')
        sendAlert(socket, 'decode_error');
      else socket.destroy();
      return refuse(client, hello.reason);
    }
    const { serverName, head } = hello;
    const session = sessionOf(options.names(), serverName, options.nowSeconds());
    if (typeof session === 'string') {
      sendAlert(socket, session === 'foreign_name' ? 'unrecognized_name' : 'access_denied');
      return refuse(client, session, serverName);
    }
    return options.onStream({
      purpose: { service: 'WAC', sessionId: session.sessionId },
      async accept() {
        socket.unshift(head);
        return socket;
      },
      async reject(_status, reason) {
        sendAlert(socket, reason === 'certificate_missing' ? 'internal_error' : 'access_denied');
      },
    });
  }

  return {
    take(socket) {
      const client = socket.remoteAddress ?? '';
      const reason = tooMany(client);
      if (reason !== undefined) {
        socket.destroy();
        return refuse(client, reason);
      }
      open.set(socket, client);
      pending.add(socket);
      // An error is always followed by the end of the socket, and each phase has its own listener for that.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        pending.delete(socket);
      });
      serve(socket, client).catch(() => socket.destroy());
    },
    cut() {
      for (const socket of open.keys()) socket.destroy();
    },
  };
}
