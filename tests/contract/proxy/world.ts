import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { Subscription } from '#proxy/control.ts';
import { type RunningProxy, runProxy } from '#proxy/run.ts';
import { createRelayDialer } from '#shared/adapters/relay/relay-tunnel-dialer.ts';
import { createRelayListener } from '#shared/adapters/relay/relay-tunnel-listener.ts';
import { encodeBase32 } from '#shared/domain/base32.ts';
import { mintLabel } from '#shared/domain/label.ts';
import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { ProxyState } from '#shared/protocol/proxy-state.ts';
import { type Clock, systemClock } from '#shared/runtime/clock.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { startRelayTwin } from '../relay/twin.ts';

export const zone = 'wac.localhost';
export const machineName = 'abcdefghijklmnopqrstuvwxyz';
const labelKey = randomBytes(32);

export interface World {
  proxy: RunningProxy;
  listener: TunnelListener;
  /** The TLS server on the machine; a test sets what it does with a connection. */
  machine: Server;
  state: ProxyState;
  log: Record<string, unknown>[];
  /** A host name of a new session. */
  sessionHost(options?: { lifetimeSeconds?: number; key?: Buffer; machine?: string }): {
    host: string;
    sessionId: string;
    expiresAt: number;
  };
  /** A TLS client of the proxy; certificates are compared by the tests, names are not what they are about. */
  client(host: string, options?: { allowHalfOpen: boolean }): TLSSocket;
  /** The first bytes that the proxy answers to raw bytes. */
  answerTo(bytes: Buffer): Promise<Buffer>;
  send(type: string, data: object): void;
  close(): Promise<void>;
}

/** A machine with a real TLS server, a tunnel to it through the relay stand-in, and the proxy in front. */
export async function startWorld(clock: Clock = systemClock): Promise<World> {
  const twin = await startRelayTwin();
  twin.addPath(machineName);
  const identity = await issueServerIdentity(
    await createLocalRoot(Date.now()),
    [`*.${machineName}.${zone}`],
    Date.now(),
  );
  const machine = createServer({ ...identity, allowHalfOpen: true });
  machine.on('tlsClientError', () => {});
  machine.listen(0, '127.0.0.1');
  await once(machine, 'listening');

  const listener = createRelayListener({
    host: twin.host,
    path: machineName,
    token: async () => twin.sas({ path: machineName, right: 'Listen' }),
    now: Date.now,
    random: Math.random,
    reconnectDelaysMs: [20],
  });
  const serve = async (incoming: Incoming) => {
    const stream = await incoming.accept();
    const port = (machine.address() as AddressInfo).port;
    const local = connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [stream, local],
      [local, stream],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        if (!from.readableEnded) to.destroy();
      });
    }
  };
  listener.onStream((incoming) => void serve(incoming));
  const isConnected = new Promise<void>((resolve) => listener.onState((connected) => connected && resolve()));
  listener.start();
  await isConnected;

  const log: Record<string, unknown>[] = [];
  const state: ProxyState = { zone, labelKeys: [labelKey.toString('base64url')], revokedSessions: [] };
  let deliver: (body: unknown) => void = () => {};
  const proxy = await runProxy(
    {
      listen: { host: '127.0.0.1', port: 0 },
      dialer: createRelayDialer({ host: twin.host, token: () => twin.jwt() }),
      source: {
        readState: async () => state,
        subscribe: async ({ onEvent }): Promise<Subscription> => {
          deliver = onEvent;
          return { close: async () => {} };
        },
      },
      clock,
      random: Math.random,
      logger: createLogger({
        write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
        level: 'debug',
        now: clock.now,
      }),
      limits: { maxConnections: 20, maxPendingHellos: 3 },
    },
    new AbortController().signal,
  );

  const sockets = new Set<Socket | TLSSocket>();
  const track = <T extends Socket | TLSSocket>(socket: T): T => {
    sockets.add(socket.on('error', () => {}));
    return socket;
  };
  return {
    proxy,
    listener,
    machine,
    state,
    log,
    sessionHost({ lifetimeSeconds = 600, key = labelKey, machine: name = machineName } = {}) {
      const sessionId = encodeBase32(randomBytes(10));
      const expiresAt = Math.floor(clock.now() / 1000) + lifetimeSeconds;
      const label = mintLabel(key, name, { sessionId, service: 'WAC', expiresAt });
      return { host: `${label}.${machineName}.${zone}`, sessionId, expiresAt };
    },
    client: (host, { allowHalfOpen } = { allowHalfOpen: false }) =>
      track(
        connect({
          socket: connectPlain({ port: proxy.port, host: '127.0.0.1', allowHalfOpen }),
          servername: host,
          rejectUnauthorized: false,
        }),
      ),
    async answerTo(bytes) {
      const socket = track(connectPlain(proxy.port, '127.0.0.1'));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
      return Buffer.concat(chunks);
    },
    send: (type, data) =>
      deliver({ specversion: '1.0', id: '1', source: 'test', time: new Date().toISOString(), type, data }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await proxy.stop(0);
      await listener.close();
      machine.close();
      await twin.close();
    },
  };
}
