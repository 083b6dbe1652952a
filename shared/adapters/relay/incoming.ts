import type { Duplex } from 'node:stream';
import { AppError } from '#shared/domain/error.ts';
import { HandshakeFailure, openWebSocket } from './handshake.ts';
import { maxMessageBytes } from './purpose.ts';
import { WebSocketDuplex } from './web-socket-duplex.ts';

/** An address is good for 30 s after it was announced. */
const answerTimeoutMs = 30_000;
const rejected = 410;

/** Opens the announced address, exactly as it came: from then on it is the sender's stream. */
export async function acceptStream(address: string, signal: AbortSignal): Promise<Duplex> {
  let stream: Duplex | undefined;
  try {
    await openWebSocket(address, {
      signal,
      timeoutMs: answerTimeoutMs,
      maxMessageBytes,
      onOpen: (socket) => {
        stream = new WebSocketDuplex(socket);
      },
    });
  } catch (cause) {
    throw new AppError('relay_unavailable', 'the announced stream could not be taken up', { cause });
  }
  if (!stream) throw new TypeError('the WebSocket opened without a stream');
  return stream;
}

/** The same address with a status and a reason added; the handshake is meant to fail with 410. */
export async function rejectStream(address: string, status: number, reason: string): Promise<void> {
  const url = new URL(address);
  url.searchParams.set('sb-hc-statusCode', String(status));
  url.searchParams.set('sb-hc-statusDescription', reason);
  try {
    const socket = await openWebSocket(url.href, { timeoutMs: answerTimeoutMs, maxMessageBytes });
    socket.terminate();
  } catch (error) {
    if (error instanceof HandshakeFailure && error.status === rejected) return;
    throw new AppError('relay_unavailable', 'the rejection did not reach the relay', { cause: error });
  }
}
