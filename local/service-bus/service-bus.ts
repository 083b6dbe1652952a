import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { createHttpListener } from '#local/kit/http-server.ts';
import {
  refuseProduction,
  type StandIn,
  type StandInOptions,
  type TlsIdentity,
} from '#local/kit/stand-in.ts';
import type { VerifyToken } from '#local/kit/tokens.ts';
import { allRights, createAuthorization, type RightsOf } from './access/authorization.ts';
import { createAdministration } from './admin/administration.ts';
import { createAcceptor } from './amqp/acceptor.ts';
import { honouredFaults } from './amqp/operations.ts';
import { createNamespace } from './broker/namespace.ts';
import { inspectNamespace } from './inspection.ts';
import { standardTier } from './limits.ts';
import { channelOfSocket, channelOfWebSocket } from './listener/byte-channel.ts';
import { listenOnPort } from './listener/port-listener.ts';
import { operationNames } from './operation-names.ts';

export interface ServiceBusOptions extends StandInOptions {
  tls: TlsIdentity;
  verifyToken: VerifyToken;
  /** First label of the host name, as in `local` of local.servicebus.localhost. */
  namespace: string;
  /** The namespace's own shared access policy, with all rights. */
  rootKey: { name: string; key: string };
  /** What a JWT's bearer may do on an entity (its role assignments). Default: everything. */
  rightsOf?: RightsOf;
}

export interface ServiceBus extends StandIn {
  readonly namespace: string;
}

const webSocketPath = '/$servicebus/websocket';
/** JavaScript clients ask for the first, .NET clients for the second. */
const webSocketProtocols = ['AMQPWSB10', 'amqp'];

/**
 * Starts a Service Bus namespace on one port: AMQP over TLS, plain AMQP for the development emulator string,
 * AMQP over WebSockets, and the ATOM administration over HTTPS.
 */
export async function createServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  refuseProduction(process.env);
  const { clock, store, tls, namespace: name, rootKey, verifyToken, rightsOf = () => allRights } = options;
  const [calls, faults] = [createCalls(), createFaults()];
  const namespace = createNamespace(store, clock);
  const rulesAt = (path: string) => namespace.policiesAt(path);
  const authorization = createAuthorization({
    namespace: name,
    rootKey,
    rulesAt,
    verifyToken,
    rightsOf,
    clock,
  });
  const accept = createAcceptor({ namespaceName: name, namespace, authorization, clock, calls, faults });

  const administration = createAdministration({ name, namespace, authorization });
  const http = createServer(createHttpListener({ ...administration, tls, calls, faults }));
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: 2 * standardTier.messageBytes,
    handleProtocols: (offered) => webSocketProtocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  http.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0]?.replace(/\/$/, '');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((item) => item.trim());
    if (
      path?.toLowerCase() !== webSocketPath ||
      !webSocketProtocols.some((protocol) => offered.includes(protocol))
    )
      return void socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      accept((events) => channelOfWebSocket(webSocket, events)),
    );
  });

  const listener = await listenOnPort({
    port: options.port,
    tls,
    onAmqp: (socket) => accept((events) => channelOfSocket(socket, events)),
    onHttp: (socket) => void http.emit('connection', socket),
  });
  return {
    name: 'service-bus',
    namespace: name,
    port: listener.port,
    calls,
    faults,
    operations: operationNames,
    faultKinds: honouredFaults,
    inspect: () => inspectNamespace(namespace),
    async close() {
      namespace.close();
      for (const webSocket of webSockets.clients) webSocket.terminate();
      http.closeAllConnections();
      await listener.close();
    },
  };
}
