import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { HybridConnections } from '#local/kit/boundaries.ts';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults, type Fault, type FaultKind } from '#local/kit/faults.ts';
import { serveHttp } from '#local/kit/http-server.ts';
import {
  refuseProduction,
  type StandIn,
  type StandInOptions,
  type TlsIdentity,
} from '#local/kit/stand-in.ts';
import type { VerifyToken } from '#local/kit/tokens.ts';
import { candidatePaths, parseRelayAddress, type RelayAddress } from './address.ts';
import { createAuthorization, tokenOf } from './authorization.ts';
import { closeCodes, keepControlChannel } from './control-channel.ts';
import { HandshakeRefusal, refuseHandshake, tracked } from './handshake-refusal.ts';
import { join } from './join.ts';
import { createListeners } from './listeners.ts';
import { createRendezvous } from './rendezvous.ts';

/** Largest message on a control channel (a renewed token) and on a relayed leg. */
const maxControlBytes = 64 * 1024;
const maxRelayedBytes = 4 * 1024 * 1024;
/** How long a leg may take to read what was sent before it was closed. */
const closeTimeout = 10 * 60_000;

const operations = ['listen', 'connect', 'accept', 'reject', 'request', 'renewToken', 'ping'] as const;
const faultKinds: readonly FaultKind[] = ['status', 'delayMs', 'drop', 'skewMs'];

export interface RelayOptions extends StandInOptions {
  tls: TlsIdentity;
  /** Host and port that listeners are sent to, for example `local.relay.localhost:8443`. */
  publicHost: string;
  /** The namespace that this host stands for, as the resource manager names it. */
  namespace: string;
  hybridConnections: HybridConnections;
  verifyToken: VerifyToken;
}

interface Handshake {
  address: RelayAddress;
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  fault: Fault | undefined;
}

/** Azure Relay hybrid connections over WebSocket (see README.md). Nothing is kept: every session is a live socket. */
export async function createRelay(options: RelayOptions): Promise<StandIn> {
  refuseProduction(process.env);
  const { clock, publicHost, namespace, hybridConnections } = options;
  const host = publicHost.replace(/:\d+$/, '');
  const calls = createCalls();
  const faults = createFaults();
  const listeners = createListeners();
  const rendezvous = createRendezvous(clock);
  const authorization = createAuthorization({ ...options, host });
  const control = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxControlBytes,
  });
  const chosenProtocols = new WeakMap<IncomingMessage, string>();
  const legOptions = {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxRelayedBytes,
    closeTimeout,
    // The listener has chosen: the sender is told the protocol that the listener's leg speaks.
    handleProtocols: (offered: Set<string>, request: IncomingMessage) =>
      chosenProtocols.get(request) ?? [...offered][0] ?? false,
  };
  const legs = new WebSocketServer(legOptions);
  const legsByPath = new Map<WebSocket, string>();

  const upgrade = (server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer) =>
    new Promise<WebSocket>((resolve, reject) => {
      // The library answers a bad handshake by itself and then calls nobody back.
      socket.once('close', () => reject(new HandshakeRefusal(400, 'The handshake was not completed.')));
      server.handleUpgrade(request, socket, head, resolve);
    });

  const registeredPath = (path: string): string => {
    const found = candidatePaths(path).find((candidate) => hybridConnections.find(namespace, candidate));
    if (found === undefined) throw new HandshakeRefusal(404, 'Endpoint does not exist.');
    return found;
  };

  /** What is switched on for a message on a control channel, which has no status: 1011 stands for it. */
  const onOperation = (channel: WebSocket, operation: 'renewToken' | 'ping') => {
    calls.add(operation);
    const fault = faults.take(operation);
    if (fault?.drop) channel.terminate();
    else if (fault?.status)
      channel.close(closeCodes.internalError, `A fault is switched on for ${operation}.`);
    return fault;
  };

  async function listen({ address, request, socket, head, fault }: Handshake) {
    const { path } = address;
    const authorize = (token: string | undefined, skewMs?: number) =>
      authorization.authorize(token, 'Listen', path, skewMs);
    const expiresAt = await authorize(tokenOf(address.token, request.headers), fault?.skewMs);
    const channel = await upgrade(control, request, socket, head);
    keepControlChannel(channel, {
      clock,
      expiresAt,
      authorize,
      onOperation: (name) => onOperation(channel, name),
    });
    if (!listeners.add(path, channel))
      channel.close(closeCodes.policyViolation, 'The hybrid connection has 25 listeners.');
  }

  async function connect({ address, request, socket, head, fault }: Handshake) {
    const path = registeredPath(address.path);
    await authorization.authorize(tokenOf(address.token, request.headers), 'Send', path, fault?.skewMs);
    const channel = listeners.pick(path);
    if (!channel) throw new HandshakeRefusal(404, 'There are no listeners connected for the endpoint.');
    const timedOut = 'None of the connected listeners accepted the connection within the allowed timeout.';
    const sender = { request, socket, head, path, target: address.path };
    const secret = rendezvous.wait(sender, () =>
      refuseHandshake(socket, 504, tracked(timedOut, `${host}/${path}`, clock.now())),
    );
    const query = new URLSearchParams(address.query);
    query.set('sb-hc-action', 'accept');
    const id = address.id ?? randomUUID();
    query.set('sb-hc-id', id);
    query.set('sb-hc-rendezvous', secret);
    const target = address.path.split('/').map(encodeURIComponent).join('/');
    const connectHeaders: Record<string, string> = {};
    for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
      const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
      if (name.toLowerCase() !== 'servicebusauthorization') connectHeaders[name] = value;
    }
    const accept = {
      address: `wss://${publicHost}/$hc/${target}?${query}`,
      id,
      connectHeaders,
    };
    channel.send(JSON.stringify({ accept }));
  }

  async function accept({ address, request, socket, head }: Handshake) {
    const sender = rendezvous.take(address.rendezvous, address.path);
    if (address.rejection) {
      refuseHandshake(sender.socket, address.rejection.status, address.rejection.description);
      throw new HandshakeRefusal(410, 'The connection was rejected.');
    }
    const listenerLeg = await upgrade(legs, request, socket, head).catch((error: unknown) => {
      const lost = 'The listener did not complete its handshake.';
      refuseHandshake(sender.socket, 500, tracked(lost, `${host}/${sender.path}`, clock.now()));
      throw error;
    });
    // Nothing may be read from it before the sender's leg can take it.
    listenerLeg.pause();
    if (listenerLeg.protocol) chosenProtocols.set(sender.request, listenerLeg.protocol);
    const giveUp = () => listenerLeg.close(closeCodes.gone, 'The sender is gone.');
    if (sender.socket.destroyed) return giveUp();
    const senderLeg = await upgrade(legs, sender.request, sender.socket, sender.head).catch(giveUp);
    if (!senderLeg) return;
    for (const leg of [senderLeg, listenerLeg]) {
      legsByPath.set(leg, sender.path.toLowerCase());
      leg.once('close', () => legsByPath.delete(leg));
    }
    join(senderLeg, listenerLeg);
    listenerLeg.resume();
  }

  const actions = { listen, connect, accept };

  async function answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const address = parseRelayAddress(request.url ?? '/');
    const operation = address.rejection ? 'reject' : address.action;
    calls.add(operation);
    const fault = faults.take(operation);
    if (fault?.delayMs) await sleep(fault.delayMs);
    if (fault?.drop) return void socket.destroy();
    if (fault?.status) throw new HandshakeRefusal(fault.status, `fault switched on for ${operation}.`);
    const named = request.headers.host?.replace(/:\d+$/, '').toLowerCase();
    if (named !== host) throw new HandshakeRefusal(404, `The namespace ${named} is not served here.`);
    await actions[address.action]({ address, request, socket, head, fault });
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    answer(request, socket, head).catch((error: unknown) => {
      const isKnown = error instanceof HandshakeRefusal;
      if (!isKnown) console.error(error);
      const message = isKnown ? error.message : 'Something went wrong in the service.';
      refuseHandshake(socket, isKnown ? error.status : 500, tracked(message, host, clock.now()));
    });
  };

  hybridConnections.onDeleted((deletedIn, path) => {
    if (deletedIn !== namespace) return;
    const deleted = 'The hybrid connection was deleted.';
    for (const channel of listeners.of(path)) channel.close(closeCodes.gone, deleted);
    for (const [leg, of] of legsByPath) if (of === path.toLowerCase()) leg.close(closeCodes.gone, deleted);
    for (const { socket } of rendezvous.takeAll(path))
      refuseHandshake(socket, 404, tracked(deleted, `${host}/${path}`, clock.now()));
  });

  const server = await serveHttp({
    port: options.port,
    tls: options.tls,
    calls,
    faults,
    onUpgrade,
    operationOf: () => 'request',
    handle: ({ method, url }) => ({
      status: 501,
      body: {
        error: {
          code: 'NotImplemented',
          message: `${method} ${url.pathname}: this stand-in relays WebSockets only, not HTTP requests`,
        },
      },
    }),
    renderError: (error) => ({
      status: 500,
      body: { error: { code: 'InternalError', message: `${error}` } },
    }),
  });

  return {
    name: 'relay',
    port: server.port,
    calls,
    faults,
    operations,
    faultKinds,
    inspect() {
      const sessions = [...legsByPath.values()];
      const waiting = rendezvous.paths();
      const paths = [...new Set([...listeners.paths(), ...sessions, ...waiting])].sort();
      const count = (all: readonly string[], path: string) => all.filter((one) => one === path).length;
      return [
        {
          title: 'Hybrid connections in use',
          columns: ['path', 'listeners', 'sessions', 'waiting senders'],
          rows: paths.map((path) => [
            path,
            listeners.of(path).length,
            count(sessions, path) / 2,
            count(waiting, path),
          ]),
        },
      ];
    },
    async close() {
      for (const socket of [...control.clients, ...legs.clients]) socket.terminate();
      await server.close();
    },
  };
}
