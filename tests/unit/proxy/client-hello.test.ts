import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxHelloBytes, readClientHello } from '#shared/runtime/client-hello.ts';
import { captured, capturedName, extension, helloMessage, records, serverNames } from './hello-bytes.ts';

const nameOf = (bytes: Buffer) => {
  const reading = readClientHello(bytes);
  return reading.kind === 'hello' ? reading.serverName : reading;
};
const malformed = { kind: 'refused', reason: 'malformed_hello' };
const tooLarge = { kind: 'refused', reason: 'hello_too_large' };

describe('captured hellos', () => {
  const named = Object.entries(captured).filter(([client]) => client !== 'node-without-name');

  test('are there, one of them of a post-quantum client', () => {
    expect(named.map(([client]) => client)).toEqual(
      expect.arrayContaining(['curl', 'openssl', 'node-tls12', 'node-tls13', 'chromium']),
    );
    expect(captured['node-post-quantum']?.length).toBeGreaterThan(1500);
  });

  test.each(named)('of %s give the name and consume every byte', (_, bytes) => {
    expect(readClientHello(bytes)).toEqual({
      kind: 'hello',
      serverName: capturedName,
      consumed: bytes.length,
    });
  });

  test.each(named)('of %s ask for more at every earlier byte', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++)
      expect(readClientHello(bytes.subarray(0, length))).toEqual({ kind: 'more' });
  });

  test('without a name give none', () => {
    expect(captured['node-without-name']).toBeDefined();
    expect(nameOf(captured['node-without-name'] ?? Buffer.alloc(0))).toBeUndefined();
  });
});

test('reads a message that lies over records of any size', () => {
  const message = helloMessage(serverNames('a.example'));
  for (let size = 1; size <= message.length; size++) expect(nameOf(records(message, size))).toBe('a.example');
});

test('consumes the records of the hello and leaves what follows', () => {
  const hello = records(helloMessage(serverNames('a.example')), 50);
  expect(readClientHello(Buffer.concat([hello, Buffer.from('early data')]))).toMatchObject({
    consumed: hello.length,
  });
});

test.each([
  ['Mixed.CASE.Example', 'mixed.case.example'],
  ['final.dot.example.', 'final.dot.example'],
])('normalises %s', (name, expected) => {
  expect(nameOf(records(helloMessage(serverNames(name))))).toBe(expected);
});

test('steps over GREASE, unknown extensions and other name types', () => {
  const grease = extension(0x0a0a, Buffer.alloc(0));
  const otherType = extension(0, Buffer.from([0, 12, 9, 0, 1, 0x78, 0, 0, 5, 0x61, 0x2e, 0x62, 0x2e, 0x63]));
  expect(nameOf(records(helloMessage(grease, extension(0xfafa, Buffer.from([0])), otherType)))).toBe('a.b.c');
});

test.each([
  ['two names', serverNames('a.example', 'b.example')],
  ['the extension twice', Buffer.concat([serverNames('a.example'), serverNames('a.example')])],
  ['an empty name', serverNames('')],
  ['an empty list', extension(0, Buffer.from([0, 0]))],
  ['a name with a zero byte', serverNames('a.example\0.evil')],
  ['a name in another script', serverNames('ä.example')],
  ['a name longer than DNS allows', serverNames(`${'a'.repeat(60)}.`.repeat(5))],
  ['a label longer than DNS allows', serverNames(`${'a'.repeat(64)}.example`)],
  ['a list longer than its extension', extension(0, Buffer.from([0, 9, 0, 0, 1, 0x61]))],
  ['bytes after the list', extension(0, Buffer.from([0, 4, 0, 0, 1, 0x61, 0x62]))],
])('refuses %s', (_, extensions) => {
  expect(nameOf(records(helloMessage(extensions)))).toEqual(malformed);
});

test('refuses bytes between the extensions and the end of the message', () => {
  const message = helloMessage(serverNames('a.example'));
  const longer = Buffer.concat([message, Buffer.from([0])]);
  longer.writeUIntBE(longer.length - 4, 1, 3);
  expect(nameOf(records(longer))).toEqual(malformed);
});

test.each([
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n')],
  ['an SSH banner', Buffer.from('SSH-2.0-x\r\n')],
  ['an SSL 2 hello', Buffer.from([0x80, 0x2e, 1, 0, 2])],
  ['a first byte that no TLS client sends', Buffer.from([23])],
])('refuses %s as not TLS', (_, bytes) => {
  expect(readClientHello(bytes)).toEqual({ kind: 'refused', reason: 'not_tls' });
});

test.each([
  ['another handshake message', [22, 3, 1, 0, 4, 2, 0, 0, 0]],
  ['an empty record', [22, 3, 1, 0, 0]],
  ['a record longer than TLS allows', [22, 3, 1, 0x40, 1]],
  ['another record inside the message', [22, 3, 1, 0, 2, 1, 0, 21, 3, 1, 0, 2, 2, 0]],
])('refuses %s', (_, bytes) => {
  expect(readClientHello(Buffer.from(bytes))).toEqual(malformed);
});

describe('the bound of 16 KiB', () => {
  const padding = (length: number) => extension(21, Buffer.alloc(length));
  const overhead = records(helloMessage(padding(0))).length;

  test('lets a hello through that fills it', () => {
    const bytes = records(helloMessage(padding(maxHelloBytes - overhead)));
    expect(bytes).toHaveLength(maxHelloBytes);
    expect(readClientHello(bytes)).toMatchObject({ kind: 'hello' });
  });

  test('refuses one byte more, whole or in pieces', () => {
    const bytes = records(helloMessage(padding(maxHelloBytes - overhead + 1)));
    expect(readClientHello(bytes)).toEqual(tooLarge);
    expect(readClientHello(bytes.subarray(0, maxHelloBytes))).toEqual(tooLarge);
  });

  test('refuses a length in the message header beyond it at once', () => {
    expect(readClientHello(Buffer.from([22, 3, 1, 1, 0, 1, 0xff, 0, 0]))).toEqual(tooLarge);
  });
});

describe('any bytes', () => {
  const recordLike = fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 6 })
    .map((parts) => Buffer.concat(parts.map((part) => Buffer.from([22, 3, 1, 0, part.length, ...part]))));
  const mutated = fc
    .tuple(
      fc.constantFrom(...Object.values(captured)),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
    )
    .map(([bytes, changes]) => {
      const copy = Buffer.from(bytes);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), recordLike, mutated);

  test('give an answer', () => {
    fc.assert(
      fc.property(any, (bytes) => {
        expect(['more', 'hello', 'refused']).toContain(readClientHello(bytes).kind);
      }),
      { numRuns: 2000 },
    );
  });

  test('give an answer that more bytes do not change, unless it was more', () => {
    fc.assert(
      fc.property(any, fc.nat(), fc.uint8Array({ maxLength: 20 }), (bytes, cut, rest) => {
        const early = readClientHello(bytes.subarray(0, cut % (bytes.length + 1)));
        const late = readClientHello(Buffer.concat([bytes, rest]));
        expect(early.kind === 'more' || early.kind === late.kind).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
