import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Ends a WebSocket handshake with an HTTP status; the message travels in the status line, as the service does it. */
export class HandshakeRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'HandshakeRefusal';
    this.status = status;
  }
}

/** Facts that the service adds to each of its own messages; a listener's rejection carries none. */
export function tracked(message: string, resource: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19);
  return `${message} TrackingId:${randomUUID()}_G0, SystemTracker:sb://${resource}, Timestamp:${time}`;
}

const longestReason = 512;

/** A status line may hold visible ASCII and spaces only; anything else would let a listener write headers. */
const asReasonPhrase = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, longestReason);

export function refuseHandshake(socket: Duplex, status: number, message: string): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy();
  const reason = asReasonPhrase(message) || STATUS_CODES[status] || 'Error';
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n`,
  );
}
