import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Connects to a service of this machine. Rejects with the system's error. */
export function connectLocally(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Joins two streams: bytes, back-pressure and half-close go both ways; when one breaks the other is ended too. */
export function splice(left: Duplex, right: Duplex): void {
  const joinOneWay = (from: Duplex, to: Duplex) => {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!from.readableEnded) to.destroy();
    });
  };
  joinOneWay(left, right);
  joinOneWay(right, left);
}
