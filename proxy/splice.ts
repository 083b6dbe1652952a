import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type SpliceEnd = 'ended' | 'client_lost' | 'tunnel_lost';

export interface ByteCounts {
  /** From the client to the machine, and back. */
  up: number;
  down: number;
}

/** One direction: a reader is held back while the writer is full, and its end is passed on as an end. */
function pump(from: Duplex, to: Duplex, count: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // A paused socket reports its end too, when nothing is left to read.
  if (from.readableEnded) to.end();
}

/**
 * Joins a client's socket and a tunnel stream both ways until both directions have ended or one side is lost; then
 * the other is destroyed (TLS inside tells a cut from an end by its close_notify). `head` are the client's first bytes, already read. Both legs must be paused, and the socket
 * be made with `allowHalfOpen`. `counts` is kept up to date while bytes flow.
 */
export function splice(client: Socket, tunnel: Duplex, head: Buffer, counts: ByteCounts): Promise<SpliceEnd> {
  return new Promise((resolve) => {
    const lose = (reason: SpliceEnd) => {
      client.destroy();
      tunnel.destroy();
      resolve(reason);
    };
    const finish = () => {
      if (client.closed && tunnel.closed) resolve('ended');
    };
    const watch = (side: Duplex, reason: SpliceEnd) => {
      side.on('error', () => lose(reason));
      side.on('close', () => {
        if (side.readableEnded && side.writableFinished) finish();
        else lose(reason);
      });
    };
    watch(client, 'client_lost');
    watch(tunnel, 'tunnel_lost');
    pump(client, tunnel, (bytes) => {
      counts.up += bytes;
    });
    pump(tunnel, client, (bytes) => {
      counts.down += bytes;
    });
    counts.up += head.length;
    if (tunnel.write(head)) client.resume();
    else client.pause();
  });
}
