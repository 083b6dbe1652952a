import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ServiceBusError } from '#local/service-bus/service-bus-error.ts';
import { compileAction, compileFilter } from '#local/service-bus/sql/compile.ts';
import { parseMessage } from '#local/service-bus/wire/message.ts';

const numRuns = 100_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);

/** Whatever comes, the parser answers or refuses in the service's own terms. */
function refusedOrDone(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ServiceBusError)) throw error;
  }
}

const words = fc.constantFrom(
  'a',
  'size',
  '=',
  '<>',
  '>',
  '(',
  ')',
  ',',
  'AND',
  'OR',
  'NOT',
  'IN',
  'LIKE',
  'ESCAPE',
  'IS',
  'NULL',
  'EXISTS',
  'SET',
  'REMOVE',
  ';',
  '.',
  'sys',
  'user',
  "'text'",
  "'",
  '[',
  ']',
  '1',
  '2.5e3',
  '-',
  '*',
  '/',
  '%',
  '@p',
  'newid',
  'TRUE',
  '"',
);
const sql = fc.oneof(
  fc.array(words, { maxLength: 40 }).map((parts) => parts.join(' ')),
  fc.string({ maxLength: 60 }),
);

it('SQL conditions and actions of any words are read or refused', () => {
  fc.assert(
    fc.property(sql, (text) => {
      refusedOrDone(() => compileFilter(text, { '@p': 1 }));
      refusedOrDone(() => compileAction(text, { '@p': 1 }));
    }),
    { numRuns, seed },
  );
  expect(() => compileFilter('('.repeat(1_024), {})).toThrow(ServiceBusError);
});

it('messages of any bytes are read or refused', () => {
  const bytes = fc.uint8Array({ maxLength: 120 });
  const sectioned = fc
    .array(fc.tuple(fc.integer({ min: 0x70, max: 0x78 }), fc.uint8Array({ maxLength: 30 })), { maxLength: 4 })
    .map((parts) => Buffer.concat(parts.map(([code, rest]) => Buffer.from([0, 0x53, code, ...rest]))));
  fc.assert(
    fc.property(fc.oneof(bytes, sectioned), (input) => refusedOrDone(() => parseMessage(Buffer.from(input)))),
    { numRuns, seed },
  );
  expect(() => parseMessage(Buffer.from([0, 0x53, 0x74, 0x55]))).toThrow(ServiceBusError);
});
