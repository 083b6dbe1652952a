import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { ByteChannel } from '../wire/rhea.ts';

type Handlers = Record<'data' | 'error' | 'end', (value: never) => void>;

export interface OpenChannel extends ByteChannel {
  /** Bytes that arrived and were checked, for rhea. */
  pass(bytes: Buffer): void;
}

interface Transport {
  write(bytes: Buffer): void;
  end(): void;
  destroy(): void;
}

function createChannel(
  transport: Transport,
  id: string,
): OpenChannel & { emit(event: 'error' | 'end', value?: Error): void } {
  const handlers: Partial<Handlers> = {};
  return {
    on: (event, handler) => void (handlers[event] = handler),
    ...transport,
    get_id_string: () => id,
    pass: (bytes) => handlers.data?.(bytes as never),
    emit: (event, value) => handlers[event]?.(value as never),
  };
}

/** What a channel's owner is told. `onBytes` may throw: the bytes were no AMQP. */
export interface ChannelEvents {
  onBytes(bytes: Buffer): void;
  onClosed(): void;
}

let opened = 0;

/** A socket, plain or after TLS, as rhea takes it. Reading starts when the events are set. */
export function channelOfSocket(socket: Socket, events: ChannelEvents): OpenChannel {
  const channel = createChannel(
    {
      write: (bytes) => void socket.write(bytes),
      end: () => void socket.end(),
      // What was written before, a close frame with its reason, still goes out.
      destroy: () => socket.destroySoon(),
    },
    `socket-${opened++}`,
  );
  socket.setNoDelay(true);
  socket.on('data', (bytes: Buffer) => events.onBytes(bytes));
  socket.on('error', (error: Error) => channel.emit('error', error));
  socket.on('end', () => channel.emit('end'));
  socket.on('close', events.onClosed);
  return channel;
}

/** A WebSocket as rhea takes it: each binary message is a piece of the byte stream. */
export function channelOfWebSocket(webSocket: WebSocket, events: ChannelEvents): OpenChannel {
  const channel = createChannel(
    {
      write: (bytes) => webSocket.send(bytes),
      end: () => webSocket.close(),
      destroy: () => webSocket.terminate(),
    },
    `websocket-${opened++}`,
  );
  webSocket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => {
    const bytes = Array.isArray(data)
      ? Buffer.concat(data)
      : Buffer.isBuffer(data)
        ? data
        : Buffer.from(data);
    events.onBytes(bytes);
  });
  webSocket.on('error', (error) => channel.emit('error', error));
  webSocket.on('close', () => {
    channel.emit('end');
    events.onClosed();
  });
  return channel;
}
