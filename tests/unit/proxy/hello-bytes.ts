import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'client-hello');

/** Name that every client in the fixtures asked for. */
export const capturedName = 'label.machine.wac.localhost';

export const captured: Readonly<Record<string, Buffer>> = Object.fromEntries(
  readdirSync(folder).map((file) => [file.replace(/\.bin$/, ''), readFileSync(join(folder, file))]),
);

const vector = (lengthBytes: number, body: Buffer) => {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
};

export const extension = (type: number, body: Buffer) => {
  const header = Buffer.alloc(2);
  header.writeUInt16BE(type);
  return Buffer.concat([header, vector(2, body)]);
};

export const serverNames = (...names: (string | Buffer)[]) =>
  extension(
    0,
    vector(
      2,
      Buffer.concat(names.map((name) => Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name))]))),
    ),
  );

/** A handshake message ClientHello with these extensions, without a record around it. */
export function helloMessage(...extensions: Buffer[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 1),
    vector(1, Buffer.alloc(32, 2)),
    vector(2, Buffer.from([0x1a, 0x1a, 0x13, 0x01])),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}

/** The message in records of at most `size` bytes each. */
export function records(message: Buffer, size = 2 ** 14): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size)
    parts.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + size)));
  return Buffer.concat(parts);
}
