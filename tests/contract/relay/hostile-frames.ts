import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { createDraw } from '#local/kit/faults.ts';
import type { RelayTwin } from './twin.ts';

/** The head of a client's frame (RFC 6455 section 5.2) with any bits, then fewer or more bytes than it announces. */
function anyFrame(draw: () => number): Buffer {
  const byte = () => Math.floor(draw() * 256);
  const length = [0, 1, 5, 125, 126, 127][Math.floor(draw() * 6)] ?? 0;
  const head = [byte(), (draw() < 0.8 ? 0x80 : 0) | length];
  const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
  const rest = Array.from({ length: extended + 4 + Math.floor(draw() * 200) }, byte);
  return Buffer.from([...head, ...rest]);
}

/** Opens a control channel by hand and writes frames of any form to it until the relay has had enough. */
async function abuse(twin: RelayTwin, path: string, draw: () => number): Promise<void> {
  const [servername = '', port = ''] = twin.host.split(':');
  const socket = connect({ host: '127.0.0.1', port: Number(port), servername });
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => {});
  await once(socket, 'secureConnect');
  const token = encodeURIComponent(twin.sas({ path, right: 'Listen' }));
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /$hc/${path}?sb-hc-action=listen&sb-hc-token=${token} HTTP/1.1\r\nHost: ${twin.host}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await once(socket, 'data');
  for (let frames = 0; frames < 20 && !socket.destroyed; frames += 1) socket.write(anyFrame(draw));
  socket.end();
  socket.resume();
  await closed;
}

/** As many channels as asked, twenty at once; the relay must still serve afterwards. */
export async function runHostileFrames(
  twin: RelayTwin,
  path: string,
  channels: number,
  seed: number,
): Promise<void> {
  const draw = createDraw(seed);
  for (let done = 0; done < channels; done += 20)
    await Promise.all(Array.from({ length: Math.min(20, channels - done) }, () => abuse(twin, path, draw)));
}
