import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** A handshake that the other side answered with an HTTP status, or that failed on the way (`status` 0). */
export class HandshakeFailure extends Error {
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HandshakeFailure';
    this.status = status;
  }
}

export interface HandshakeOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  /** Larger messages close the WebSocket with 1009. */
  maxMessageBytes: number;
  /** Called at once when the WebSocket opens, before any of its messages can be emitted. */
  onOpen?(socket: WebSocket): void;
}

/** Opens a WebSocket without compression. Rejects with a HandshakeFailure, or with the signal's reason. */
export function openWebSocket(url: string, options: HandshakeOptions): Promise<WebSocket> {
  const { signal, timeoutMs, maxMessageBytes, headers = {}, onOpen } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const socket = new WebSocket(url, {
      headers,
      handshakeTimeout: timeoutMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const abort = () => {
      fail(signal?.reason);
      socket.terminate();
    };
    const fail = (error: unknown) => {
      signal?.removeEventListener('abort', abort);
      reject(error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      fail(new HandshakeFailure(response.statusCode ?? 0, response.statusMessage ?? ''));
      request.destroy();
    });
    socket.on('error', (cause) => fail(new HandshakeFailure(0, cause.message, { cause })));
    socket.once('open', () => {
      signal?.removeEventListener('abort', abort);
      onOpen?.(socket);
      resolve(socket);
    });
  });
}
