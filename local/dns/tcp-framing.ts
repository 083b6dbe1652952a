import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** A connection that says nothing for this long is closed (RFC 7766 section 6.2.3). */
const idleTimeoutMs = 10_000;

/** Frames a message for TCP: two octets of length go before it (RFC 1035 section 4.2.2). */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Calls back with every whole message of a connection; holds at most one unfinished message of 64 KiB. */
export function readFrames(socket: Socket, onMessage: (message: Buffer) => void): void {
  let waiting = Buffer.alloc(0);
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2) {
      const end = 2 + waiting.readUInt16BE(0);
      if (waiting.length < end) return;
      onMessage(waiting.subarray(2, end));
      waiting = waiting.subarray(end);
    }
  });
}
