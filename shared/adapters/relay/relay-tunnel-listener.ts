import type { Duplex } from 'node:stream';
import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import { connectControlChannel } from './control-channel.ts';
import { acceptStream, rejectStream } from './incoming.ts';
import { readPurpose } from './purpose.ts';

export interface RelayListenerOptions {
  /** Host of the relay namespace, with a port when it is not 443. */
  host: string;
  /** Path of the hybrid connection: the machine name. */
  path: string;
  /** A token with the right to listen on the path. */
  token(): Promise<string>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Streams at once; more are rejected with 503. Default 512. */
  maxStreams?: number;
  /** Waits between attempts, the last one repeated; each is cut by up to its half at random. */
  reconnectDelaysMs?: readonly number[];
}

/** elapsed at most: 1 s, 3 s, 8 s, 18 s, then one attempt each 30 s. */
const defaultReconnectDelaysMs = [1000, 2000, 5000, 10_000, 30_000];

/** Listener side of Azure Relay hybrid connections. */
export function createRelayListener(options: RelayListenerOptions): TunnelListener {
  const { random, maxStreams = 512, reconnectDelaysMs = defaultReconnectDelaysMs } = options;
  const streams = new Set<Duplex>();
  const stopping = new AbortController();
  let onStream: (incoming: Incoming) => void = (incoming) => {
    void incoming.reject(503, 'agent_offline');
  };
  let onState: (connected: boolean, reason?: string) => void = () => {};
  let running: Promise<void> | undefined;

  const take = (address: string): void => {
    const url = URL.parse(address);
    if (url?.protocol !== 'wss:') return;
    const purpose = readPurpose(url);
    if (!purpose) return void rejectStream(address, 400, 'invalid_request').catch(() => {});
    if (streams.size >= maxStreams) return void rejectStream(address, 503, 'agent_offline').catch(() => {});
    let isAnswered = false;
    const answerOnce = () => {
      if (isAnswered) throw new TypeError('a stream is accepted or rejected once');
      isAnswered = true;
    };
    onStream({
      purpose,
      async accept() {
        answerOnce();
        const stream = await acceptStream(address, stopping.signal);
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
        return stream;
      },
      async reject(status, reason) {
        answerOnce();
        await rejectStream(address, status, reason);
      },
    });
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      const reason = await connectControlChannel({
        ...options,
        signal: stopping.signal,
        onOpen() {
          attempt = 0;
          onState(true);
        },
        onAccept: take,
      });
      onState(false, reason);
      const delayMs = reconnectDelaysMs[Math.min(attempt, reconnectDelaysMs.length - 1)] ?? 1000;
      await pause(delayMs * (1 - random() / 2), stopping.signal);
    }
  };

  return {
    onStream: (handler) => {
      onStream = handler;
    },
    onState: (handler) => {
      onState = handler;
    },
    start: () => {
      running ??= run();
    },
    async close() {
      stopping.abort();
      for (const stream of streams) stream.destroy();
      await running;
    },
  };

  function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }
}
