import { BlockList, createServer, isIP, isIPv6, type Server, type Socket } from 'node:net';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { createBackOff, pause } from './back-off.ts';

export type DirectTarget = NonNullable<AgentState['direct']>;

export interface DirectListenerOptions {
  onConnection(socket: Socket): void;
  /** It listens, or has stopped. */
  onChange(target: DirectTarget, isListening: boolean): void;
  /** It cannot listen there, and tries again; told once for each reason. */
  onFailure(target: DirectTarget, reason: string): void;
  random?: () => number;
}

/** Listens on one address and port, or, as in reverse mode, on nothing. */
export interface DirectListener {
  /** There and nowhere else; undefined is nowhere. The same again changes nothing. */
  aim(target: DirectTarget | undefined): void;
  isListening(): boolean;
  /** Where it is to listen, and why it does not; undefined in reverse mode. */
  latest(): { target: DirectTarget; failure?: string } | undefined;
}

const everywhere = new BlockList();
everywhere.addAddress('0.0.0.0');
everywhere.addAddress('::', 'ipv6');

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program',
  EADDRNOTAVAIL: 'the machine has no such address',
  EACCES: 'this account may not listen there',
  EINVAL: 'it is no address to listen on',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

export const writeTarget = ({ address, port }: DirectTarget): string =>
  `${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** An address of the machine, never all of them: what was not chosen is not reachable. */
function requireOne(address: string): void {
  if (isIP(address) === 0) throw new Error('it is no address');
  if (everywhere.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
    throw new Error('it stands for every address of the machine');
}

function listen({ address, port }: DirectTarget, onConnection: (socket: Socket) => void): Promise<Server> {
  requireOne(address);
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', reject);
      // A failed accept (too many open files); the next one may succeed.
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

export function createDirectListener(options: DirectListenerOptions): DirectListener {
  let current:
    | { target: DirectTarget; ending: AbortController; server?: Server; failure?: string | undefined }
    | undefined;

  async function keepOpen(entry: NonNullable<typeof current>): Promise<void> {
    const { target, ending } = entry;
    const backOff = createBackOff(options.random);
    while (!ending.signal.aborted) {
      try {
        const server = await listen(target, options.onConnection);
        if (ending.signal.aborted) return void server.close();
        entry.server = server;
        entry.failure = undefined;
        return options.onChange(target, true);
      } catch (error) {
        const failure = reasonOf(error);
        const isNews = failure !== entry.failure;
        entry.failure = failure;
        if (isNews && !ending.signal.aborted) options.onFailure(target, failure);
        await pause(backOff.nextMs(), ending.signal);
      }
    }
  }

  return {
    aim(target) {
      if (target?.address === current?.target.address && target?.port === current?.target.port) return;
      const former = current;
      current = target && { target, ending: new AbortController() };
      former?.ending.abort();
      if (former?.server) {
        former.server.close();
        options.onChange(former.target, false);
      }
      if (current) void keepOpen(current);
    },
    isListening: () => current?.server !== undefined,
    latest: () =>
      current && {
        target: current.target,
        ...(current.failure !== undefined && { failure: current.failure }),
      },
  };
}
