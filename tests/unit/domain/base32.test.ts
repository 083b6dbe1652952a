import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBase32, encodeBase32 } from '#shared/domain/base32.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'.split('');

it.each([
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
])('RFC 4648 section 10, lower case without padding: %j is %j', (text, encoded) => {
  expect(encodeBase32(Buffer.from(text))).toBe(encoded);
  expect(Buffer.from(decodeBase32(encoded) ?? []).toString()).toBe(text);
});

it('comes back as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
    }),
  );
});

it('has one text for each value: what decodes encodes to the same text', () => {
  const text = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 40 });
  fc.assert(
    fc.property(text, (given) => {
      const bytes = decodeBase32(given);
      fc.pre(bytes !== undefined);
      expect(encodeBase32(bytes)).toBe(given);
    }),
  );
});

it.each([
  ['an upper-case letter', 'MY'],
  ['padding', 'my======'],
  ['a digit that is not in the alphabet', 'm1'],
  ['a space', 'my '],
  ['a letter beyond ASCII', 'mÿ'],
  ['a length that no bytes have', 'myf'],
  ['another such length', 'a'],
  ['six characters', 'mzxw6y'],
  ['last bits that are not zero', 'mz'],
])('refuses %s', (_, text) => {
  expect(decodeBase32(text)).toBeUndefined();
});
