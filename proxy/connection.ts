import type { Socket } from 'node:net';
import { toAppError } from '#shared/domain/error.ts';
import type { TunnelDialer } from '#shared/ports/tunnel.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { readHelloFrom } from '#shared/runtime/hello-reader.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { sendAlert } from '#shared/runtime/tls-alert.ts';
import { decideRoute, type RouteTable, refusalAlerts } from './route.ts';
import type { CutReason, SessionTable } from './session-table.ts';
import { type ByteCounts, splice } from './splice.ts';

export interface ConnectionContext {
  routes: {
    table(): RouteTable;
    /** After a label that none of the keys signed: reads the keys again, unless that was done a moment ago. */
    refresh(): Promise<void>;
  };
  dialer: TunnelDialer;
  sessions: SessionTable;
  clock: Clock;
  logger: Logger;
  helloTimeoutMs: number;
}

/** Serves one accepted socket to its end and writes its one line to the log. `onHello` when it is past its hello. */
export async function serveConnection(
  socket: Socket,
  context: ConnectionContext,
  onHello: () => void,
): Promise<void> {
  const { routes, sessions, dialer, clock } = context;
  const startedAt = clock.now();
  const counts: ByteCounts = { up: 0, down: 0 };
  const logger = context.logger.with({ client: socket.remoteAddress });
  const facts = () => ({ ms: clock.now() - startedAt, bytesUp: counts.up, bytesDown: counts.down });
  // Each phase has its own listener for the end of the socket; an error is always followed by that.
  socket.on('error', () => {});
  socket.setNoDelay(true);

  const hello = await readHelloFrom(socket, clock, context.helloTimeoutMs);
  onHello();
  if (hello.kind === 'refused') {
    if (hello.reason === 'malformed_hello' || hello.reason === 'hello_too_large')
      sendAlert(socket, 'decode_error');
    else socket.destroy();
    return logger.log('connection.refused', { reason: hello.reason, ...facts() });
  }

  const { serverName, head } = hello;
  const decide = () => decideRoute(serverName, routes.table(), clock.now() / 1000);
  let route = decide();
  if (route === 'foreign_label') {
    await routes.refresh();
    route = decide();
  }
  // From the decision to the entry in the table nothing is awaited: a revocation meets the one or the other.
  if (typeof route === 'string') {
    sendAlert(socket, refusalAlerts[route]);
    return logger.log('connection.refused', { serverName, reason: route, ...facts() });
  }

  const { machineName, sessionId, service, expiresAt } = route;
  const ending = new AbortController();
  let cutBy: CutReason | undefined;
  const release = sessions.add(sessionId, expiresAt, (reason) => {
    cutBy = reason;
    ending.abort();
    // Not resetAndDestroy: that waits until the client has read what is written, and a cut must not wait.
    socket.destroy();
  });
  const abandon = () => ending.abort();
  socket.once('close', abandon);
  const about = { serverName, machineName, sessionId, service };
  try {
    const tunnel = await dialer.open(machineName, { service, sessionId }, ending.signal);
    const openedMs = clock.now() - startedAt;
    const end = await splice(socket, tunnel, head, counts);
    logger.log('connection.closed', { ...about, reason: cutBy ?? end, openedMs, ...facts() });
  } catch (error) {
    const reason = cutBy ?? (ending.signal.aborted ? 'client_lost' : toAppError(error).code);
    if (ending.signal.aborted) socket.destroy();
    else sendAlert(socket, 'internal_error');
    logger.log('connection.refused', {
      ...about,
      reason,
      ...facts(),
      ...(!ending.signal.aborted && { error }),
    });
  } finally {
    release();
    socket.off('close', abandon);
  }
}
