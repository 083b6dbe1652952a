import type { TunnelDialer } from '#shared/ports/tunnel.ts';
import { type Clock, delay } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type ControlSource, createControl } from './control.ts';
import { createRevokedSessions } from './revoked-sessions.ts';
import { createProxyServer, type ProxyLimits } from './server.ts';
import { createSessionTable } from './session-table.ts';

export interface ProxyContext {
  listen: { host: string; port: number };
  source: ControlSource;
  dialer: TunnelDialer;
  clock: Clock;
  random(): number;
  logger: Logger;
  limits?: ProxyLimits;
}

/** 1,000 live sessions of some connections each; a browser opens six to one host. */
const defaultLimits: ProxyLimits = { maxConnections: 8000, maxPendingHellos: 512 };
const helloTimeoutMs = 5000;
/** A bus that does not answer must not hold the process up; the subscription removes itself when idle. */
const leaveMs = 2000;

/** A running proxy, which listens already. */
export interface RunningProxy {
  port: number;
  /** Stops accepting, gives live connections `graceMs`, cuts the rest, and leaves the bus. */
  stop(graceMs: number): Promise<void>;
}

/** Subscribes, reads the state, and only then listens; rejects when `signal` is aborted before that. */
export async function runProxy(context: ProxyContext, signal: AbortSignal): Promise<RunningProxy> {
  const { listen, source, dialer, clock, random, logger, limits = defaultLimits } = context;
  const sessions = createSessionTable(clock);
  const revoked = createRevokedSessions(() => clock.now());
  const control = createControl({ source, revoked, sessions, clock, random, logger });
  const giveUp = () => void control.close();
  signal.addEventListener('abort', giveUp, { once: true });
  await control.start();
  signal.removeEventListener('abort', giveUp);

  const server = await createProxyServer({
    ...listen,
    limits,
    helloTimeoutMs,
    routes: control,
    dialer,
    sessions,
    clock,
    logger,
  });
  logger.log('proxy.listened', { host: listen.host, port: server.port });
  return {
    port: server.port,
    async stop(graceMs) {
      await server.drain(graceMs);
      await dialer.close();
      const patience = new AbortController();
      await Promise.race([control.close(), delay(clock, leaveMs, patience.signal)]);
      patience.abort();
      logger.log('proxy.drained');
    },
  };
}
