import type { Socket } from 'node:net';
import { type HelloRefusal, readClientHello } from './client-hello.ts';
import type { Clock } from './clock.ts';

export type HelloResult =
  | { kind: 'hello'; serverName: string | undefined; head: Buffer }
  | { kind: 'refused'; reason: HelloRefusal | 'hello_timeout' | 'client_lost' };

/** Reads from a new socket until its ClientHello is whole, for `timeoutMs` at most; the socket is paused then. */
export function readHelloFrom(socket: Socket, clock: Clock, timeoutMs: number): Promise<HelloResult> {
  return new Promise((resolve) => {
    let head = Buffer.alloc(0);
    const settle = (result: HelloResult) => {
      cancelTimeout();
      socket.pause();
      socket.off('data', take);
      socket.off('end', lose);
      socket.off('close', lose);
      resolve(result);
    };
    const lose = () => settle({ kind: 'refused', reason: 'client_lost' });
    const take = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const reading = readClientHello(head);
      if (reading.kind === 'hello') settle({ kind: 'hello', serverName: reading.serverName, head });
      else if (reading.kind === 'refused') settle(reading);
    };
    const cancelTimeout = clock.at(clock.now() + timeoutMs, () =>
      settle({ kind: 'refused', reason: 'hello_timeout' }),
    );
    socket.on('data', take);
    socket.on('end', lose);
    socket.on('close', lose);
  });
}
