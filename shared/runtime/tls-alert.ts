import type { Socket } from 'node:net';

/** Descriptions of RFC 8446 section 6 that are sent before a handshake; always fatal, always in clear: no keys exist yet. */
const alertDescriptions = {
  access_denied: 49,
  decode_error: 50,
  internal_error: 80,
  unrecognized_name: 112,
} as const;

export type TlsAlert = keyof typeof alertDescriptions;

const alertRecord = 21;
const fatal = 2;

/** One whole alert record. The version 3.3 is what every TLS 1.2 and 1.3 client takes before the negotiation. */
const encodeAlert = (alert: TlsAlert): Buffer =>
  Buffer.from([alertRecord, 3, 3, 0, 2, fatal, alertDescriptions[alert]]);

/** How long a refused client may take to read its alert. */
const lingerMs = 2000;

/** Sends the alert and keeps reading: unread bytes at close would make a RST that overtakes the alert. */
export function sendAlert(socket: Socket, alert: TlsAlert): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.on('end', () => socket.destroy());
  socket.end(encodeAlert(alert));
  socket.resume();
}
