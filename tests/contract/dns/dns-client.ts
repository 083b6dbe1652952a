import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet';

/** The header's code is decoded by the library and missing in its types. */
export type Reply = DecodedPacket & { rcode: string; answers: Answer[]; authorities: Answer[] };

export function query(name: string, type: string, extra: Packet = {}): Buffer {
  return encode({ type: 'query', id: 4711, questions: [{ name, type: type as 'A' }], ...extra });
}

/** EDNS with this UDP payload size. */
export function edns(udpPayloadSize: number, ednsVersion = 0): Packet {
  return {
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize,
        extendedRcode: 0,
        ednsVersion,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  };
}

export function askUdp(port: number, message: Buffer): Promise<Reply> {
  const socket = createSocket('udp4');
  return new Promise<Reply>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('message', (bytes) => resolve(decode(bytes) as Reply));
    socket.send(message, port, '127.0.0.1');
  }).finally(() => socket.close());
}

/** Sends every message on one connection, in the pieces given, and resolves with as many answers. */
export function askTcp(port: number, messages: readonly Buffer[], pieceBytes = 65_535): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const replies: Reply[] = [];
    let waiting = Buffer.alloc(0);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        replies.push(decode(waiting.subarray(2, end)) as Reply);
        waiting = waiting.subarray(end);
      }
      if (replies.length < messages.length) return;
      resolve(replies);
      socket.destroy();
    });
    const bytes = Buffer.concat(
      messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length & 0xff]), message]),
    );
    for (let at = 0; at < bytes.length; at += pieceBytes) socket.write(bytes.subarray(at, at + pieceBytes));
  });
}
