import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { framesOf, hostileMessages, outcomeOf } from '../contract/dns/hostile-messages.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;

it('the name server answers or ignores a hundred thousand messages of any form', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(hostileMessages, (message) => {
      const outcome = outcomeOf(message);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }),
    { numRuns, seed },
  );
  process.stdout.write(
    `dns: ${numRuns} messages, SEED=${seed}, by code: ${JSON.stringify(Object.fromEntries(seen))}\n`,
  );
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['0', '1', '3', '4', '5', '16', 'silence']));
});

it('a TCP stream gives the same messages however it is cut', () => {
  const stream = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(stream, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (messages, pieces) => {
      const bytes = Buffer.concat(
        messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length & 0xff]), message]),
      );
      const chunks: Buffer[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = pieces[turn % pieces.length] ?? 1;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(framesOf(chunks)).toEqual(messages.map((message) => Buffer.from(message)));
    }),
    { numRuns: 10_000, seed },
  );
});
