import type { Duplex } from 'node:stream';
import { AppError, isErrorCode } from '#shared/domain/error.ts';
import type { TunnelDialer } from '#shared/ports/tunnel.ts';
import { HandshakeFailure, openWebSocket } from './handshake.ts';
import { maxMessageBytes, purposeParameters } from './purpose.ts';
import { WebSocketDuplex } from './web-socket-duplex.ts';

export interface RelayDialerOptions {
  /** Host of the relay namespace, with a port when it is not 443. */
  host: string;
  /** A token with the right to send: from Entra for `https://relay.azure.net`, or a shared access signature. */
  token(): Promise<string>;
  /** Default 10 s; the relay itself waits 30 s for a listener, longer than a person does. */
  openTimeoutMs?: number;
}

/**
 * The relay answers 404 when nobody listens (or the path is gone) and 504 when nobody took the connection up. A
 * rejection by the agent comes as the agent's own status with one of our codes as its description.
 */
function translate(error: unknown, machineName: string): unknown {
  if (!(error instanceof HandshakeFailure)) return error;
  const { status, message } = error;
  const facts = { machineName, ...(status > 0 && { status }) };
  if (isErrorCode(message)) return new AppError(message, 'the agent refused the stream', { facts });
  const code = status === 404 || status === 504 ? 'agent_offline' : 'relay_unavailable';
  return new AppError(code, status > 0 ? `the relay answered ${status} ${message}` : message, {
    facts,
    cause: error,
  });
}

/** Sender side of Azure Relay hybrid connections; the path is the machine name. */
export function createRelayDialer(options: RelayDialerOptions): TunnelDialer {
  const { host, token, openTimeoutMs = 10_000 } = options;
  const streams = new Set<Duplex>();
  const closing = new AbortController();

  return {
    async open(machineName, purpose, signal) {
      const query = new URLSearchParams({
        [purposeParameters.service]: purpose.service,
        [purposeParameters.session]: purpose.sessionId,
        'sb-hc-action': 'connect',
      });
      const url = `wss://${host}/$hc/${encodeURIComponent(machineName)}?${query}`;
      try {
        const headers = { ServiceBusAuthorization: await token() };
        let stream: Duplex | undefined;
        await openWebSocket(url, {
          headers,
          signal: AbortSignal.any([signal, closing.signal]),
          timeoutMs: openTimeoutMs,
          maxMessageBytes,
          onOpen: (socket) => {
            stream = new WebSocketDuplex(socket);
          },
        });
        if (!stream) throw new TypeError('the WebSocket opened without a stream');
        const opened = stream;
        streams.add(opened);
        opened.once('close', () => streams.delete(opened));
        return opened;
      } catch (error) {
        throw translate(error, machineName);
      }
    },
    async close() {
      closing.abort(new AppError('relay_unavailable', 'the dialer is closed'));
      for (const stream of streams) stream.destroy();
    },
  };
}
