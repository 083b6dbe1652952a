import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ServiceBusError } from '#local/service-bus/service-bus-error.ts';
import { requireWellFormed } from '#local/service-bus/wire/well-formed.ts';
import { host, type Started, startServiceBus } from './start.ts';

const seed = 20_261_121;
const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
const saslHeader = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

/** An AMQP frame around a body, with its size right or as given. */
function frame(
  body: Uint8Array,
  { type = 0, channel = 0, size }: { type?: number; channel?: number; size?: number } = {},
): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(8), body]);
  bytes.writeUInt32BE(size ?? bytes.length);
  bytes.writeUInt8(2, 4);
  bytes.writeUInt8(type, 5);
  bytes.writeUInt16BE(channel, 6);
  return bytes;
}

const performative = (code: number, fields: Uint8Array): Buffer => {
  const list = Buffer.concat([Buffer.from([0x00, 0x53, code, 0xd0]), Buffer.alloc(8), fields]);
  list.writeUInt32BE(4 + fields.length, 4);
  list.writeUInt32BE(fields.length === 0 ? 0 : 1, 8);
  return list;
};

/** An open with the one field that it must have, so that what follows reaches the broker. */
const open = frame(
  Buffer.concat([Buffer.from([0x00, 0x53, 0x10, 0xc0, 0x04, 0x01, 0xa1, 0x01]), Buffer.from('c')]),
);
const begin = frame(Buffer.from([0x00, 0x53, 0x11, 0xc0, 0x07, 0x04, 0x40, 0x43, 0x52, 0xff, 0x52, 0xff]));

const anyBytes = fc.uint8Array({ maxLength: 200 });
const anyFrame = fc.oneof(
  anyBytes.map((body) => frame(body)),
  fc
    .tuple(fc.integer({ min: 0x10, max: 0x18 }), anyBytes)
    .map(([code, fields]) => frame(performative(code, fields))),
  fc.tuple(anyBytes, fc.integer({ min: 0, max: 0xffff_ffff })).map(([body, size]) => frame(body, { size })),
);
const anyStream = fc.oneof(
  anyBytes.map((bytes) => [Buffer.from(bytes)]),
  anyBytes.map((bytes) => [Buffer.from('GET / HTTP/1.1\r\n'), Buffer.from(bytes)]),
  fc.array(anyFrame, { maxLength: 4 }).map((frames) => [header, open, begin, ...frames]),
  fc.array(anyFrame, { maxLength: 3 }).map((frames) => [saslHeader, ...frames]),
);

function outcomeOf(bytes: Buffer): string {
  try {
    requireWellFormed(bytes);
    return 'fine';
  } catch (error) {
    return error instanceof ServiceBusError ? error.code : String(error);
  }
}

describe('input that is no AMQP and no HTTP', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startServiceBus();
    await started.admin.createQueue('alive');
  });
  afterAll(() => started.close());

  const isAlive = async () => {
    const client = started.connect();
    await client.createSender('alive').sendMessages({ body: 'still here' });
    const taker = client.createReceiver('alive', { receiveMode: 'receiveAndDelete' });
    const [message] = await taker.receiveMessages(1);
    await client.close();
    return message?.body === 'still here';
  };

  const pour = async (pieces: readonly Buffer[]) => {
    const socket = connect(started.bus.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    for (const piece of pieces) socket.write(piece);
    socket.end();
    socket.resume();
    await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 20))]);
    socket.destroy();
  };

  it('takes no connection but its own down', async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, async (pieces) => {
        await pour(pieces);
      }),
      { numRuns: 300, seed },
    );
    expect(await isAlive()).toBe(true);
  });

  it('takes nothing down over TLS and WebSockets', async () => {
    const secure = connectTls({ host, port: started.bus.port, servername: host });
    secure.on('error', () => {});
    await once(secure, 'secureConnect');
    secure.write(Buffer.concat([header, open, frame(Buffer.alloc(100, 0xff))]));
    const webSocket = new WebSocket(`wss://${started.authority}/$servicebus/websocket`, ['AMQPWSB10']);
    await once(webSocket, 'open');
    webSocket.send('text that is no frame');
    webSocket.send(Buffer.alloc(2_000_000));
    webSocket.on('error', () => {});
    await once(webSocket, 'close');
    secure.destroy();
    const wrongPath = new WebSocket(`wss://${started.authority}/elsewhere`, ['AMQPWSB10']);
    const [refusal] = await once(wrongPath, 'error');
    expect(String(refusal)).toContain('400');
    expect(await isAlive()).toBe(true);
  });

  it('refuses values that claim more than they hold', () => {
    const fourBillionNulls = Buffer.from([0x00, 0x53, 0x77, 0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x40]);
    const longList = Buffer.from([0x00, 0x53, 0x77, 0xd0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]);
    const longText = Buffer.from([0x00, 0x53, 0x77, 0xb1, 0x7f, 0xff, 0xff, 0xff, 0x61]);
    const nested = Buffer.alloc(10_000);
    for (const bytes of [fourBillionNulls, longList, longText, nested])
      expect(() => requireWellFormed(bytes)).toThrow(/malformed/);
  });

  it('ends the check of any bytes with yes or with a framing error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(['framing', 'fine']).toContain(
          outcomeOf(Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), bytes])),
        );
      }),
      { numRuns: 1_000, seed },
    );
  });
});
