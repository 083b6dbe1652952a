import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import { openWebSocket } from './handshake.ts';
import { tokenExpiry } from './token-expiry.ts';

/** Bound of one control message; an `accept` with all headers of a browser is a few KiB. */
const maxControlBytes = 64 * 1024;
const openTimeoutMs = 15_000;
/** Below the four minutes after which load balancers on the way forget an idle connection. */
const pingEveryMs = 30_000;
/** A token is replaced this long before it ends, or halfway when its life is shorter than twice that. */
const renewAheadMs = 5 * 60_000;
const renewRetryMs = 30_000;
/** Longest wait that a Node timer keeps. */
const longestTimerMs = 2 ** 31 - 1;

const acceptMessage = z.object({ accept: z.object({ address: z.string().max(8192) }) });

export interface ControlChannelOptions {
  host: string;
  path: string;
  token(): Promise<string>;
  now(): number;
  signal: AbortSignal;
  onOpen(): void;
  onAccept(address: string): void;
}

function addressOf(data: RawData, isBinary: boolean): string | undefined {
  if (isBinary || !Buffer.isBuffer(data)) return undefined;
  try {
    // Other messages (HTTP requests over the relay) are none that a tunnel asks for.
    return acceptMessage.safeParse(JSON.parse(data.toString('utf8'))).data?.accept.address;
  } catch {
    return undefined;
  }
}

/** Pings, and gives the channel up when the last ping was not answered. Answers how to stop. */
function keepAlive(channel: WebSocket): () => void {
  let isAnswered = true;
  channel.on('pong', () => {
    isAnswered = true;
  });
  const timer = setInterval(() => {
    if (!isAnswered) return channel.terminate();
    isAnswered = false;
    channel.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
}

/** Sends a new token before the present one ends. Answers how to stop. */
function keepRenewed(channel: WebSocket, first: string, options: ControlChannelOptions): () => void {
  const { token, now } = options;
  let timer: NodeJS.Timeout | undefined;
  const plan = (current: string): void => {
    const lifeMs = (tokenExpiry(current) ?? Number.POSITIVE_INFINITY) - now();
    const waitMs = Math.max(lifeMs - renewAheadMs, lifeMs / 2, 0);
    if (waitMs <= longestTimerMs) timer = setTimeout(() => void renew(), waitMs);
  };
  const renew = async (): Promise<void> => {
    const next = await token().catch(() => undefined);
    if (channel.readyState !== channel.OPEN) return;
    if (next === undefined) return void (timer = setTimeout(() => void renew(), renewRetryMs));
    channel.send(JSON.stringify({ renewToken: { token: next } }));
    plan(next);
  };
  plan(first);
  return () => clearTimeout(timer);
}

/** One life of the control channel. Resolves, and never rejects, with the reason why it ended. */
export async function connectControlChannel(options: ControlChannelOptions): Promise<string> {
  const { host, path, signal, onOpen, onAccept } = options;
  try {
    const token = await options.token();
    return await new Promise<string>((resolve, reject) => {
      const serve = (channel: WebSocket): void => {
        const stop = () => channel.terminate();
        signal.addEventListener('abort', stop, { once: true });
        const endings = [keepAlive(channel), keepRenewed(channel, token, options)];
        channel.on('message', (data, isBinary) => {
          const address = addressOf(data, isBinary);
          if (address !== undefined) onAccept(address);
        });
        channel.on('close', (code, reason) => {
          signal.removeEventListener('abort', stop);
          for (const end of endings) end();
          resolve(`closed with ${code}${reason.length > 0 ? `: ${reason}` : ''}`);
        });
        onOpen();
      };
      openWebSocket(`wss://${host}/$hc/${encodeURIComponent(path)}?sb-hc-action=listen`, {
        headers: { ServiceBusAuthorization: token },
        signal,
        timeoutMs: openTimeoutMs,
        maxMessageBytes: maxControlBytes,
        onOpen: serve,
      }).catch(reject);
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
