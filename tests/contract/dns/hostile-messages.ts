import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { decode } from 'dns-packet';
import fc from 'fast-check';
import { encodeReply, errorResolution, parseQuery, udpLimit } from '#local/dns/message.ts';
import { rcodes, resolve } from '#local/dns/resolution.ts';
import { readFrames } from '#local/dns/tcp-framing.ts';
import { edns, query } from './dns-client.ts';
import { soa, zonesOf } from './zone-table.ts';

const zones = zonesOf({
  'wac.localhost': {
    '@': [soa],
    '*.web': [{ type: 'A', ttlSeconds: 30, values: ['127.0.0.1'] }],
    loop: [{ type: 'CNAME', ttlSeconds: 60, values: ['loop.wac.localhost.'] }],
    many: [
      {
        type: 'TXT',
        ttlSeconds: 1,
        values: Array.from({ length: 20 }, (_, index) => `${index}`.padStart(99)),
      },
    ],
    child: [{ type: 'NS', ttlSeconds: 60, values: ['ns.child.wac.localhost.'] }],
  },
});

const names = [
  'wac.localhost',
  'a.web.wac.localhost',
  'loop.wac.localhost',
  'many.wac.localhost',
  'example.org',
];
const types = ['A', 'TXT', 'ANY', 'NS', 'SOA', 'CAA', 'MX', 'SRV', 'HTTPS', 'AXFR', 'OPT'];
const good = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...types), fc.boolean(), fc.nat(65_535))
  .map(([name, type, hasEdns, size]) => query(name, type, hasEdns ? edns(size) : {}));

/** Good questions with octets changed, cut, repeated or followed by others, and octets without any sense. */
export const hostileMessages: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        good,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([message, edits, length, rest]) => {
        const bytes = Buffer.from(message);
        for (const [at, value] of edits) bytes.writeUInt8(value, at % bytes.length);
        return Buffer.concat([length % 4 === 0 ? bytes.subarray(0, length % bytes.length) : bytes, rest]);
      }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)) },
);

/** What the server makes of a datagram: a response code, or `silence`. Throws where a promise is broken. */
export function outcomeOf(message: Buffer): string {
  const parsed = parseQuery(message);
  if (!parsed) return 'silence';
  const { rcode, question } = parsed;
  const resolution =
    rcode !== undefined || !question
      ? errorResolution(rcode ?? rcodes.formatError)
      : resolve(zones, question);
  const limit = udpLimit(parsed);
  const reply = encodeReply(parsed, resolution, limit);
  const decoded = decode(reply);
  if (decoded.id !== message.readUInt16BE(0)) throw new Error('the answer has another id');
  if (decoded.type !== 'response') throw new Error('the answer is a question');
  if (reply.length > limit) throw new Error(`${reply.length} octets for a peer that takes ${limit}`);
  return String(resolution.rcode);
}

/** The messages that come out of a TCP stream however it is cut; the sum of their octets is what came in. */
export function framesOf(chunks: readonly Uint8Array[]): Buffer[] {
  const socket = Object.assign(new EventEmitter(), { setTimeout: () => {}, destroy: () => {} });
  const messages: Buffer[] = [];
  readFrames(socket as unknown as Socket, (message) => messages.push(Buffer.from(message)));
  for (const chunk of chunks) socket.emit('data', Buffer.from(chunk));
  return messages;
}
