import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBase32 } from '#shared/domain/base32.ts';
import { mintLabel, verifyLabel } from '#shared/domain/label.ts';
import { serviceNames } from '#shared/domain/machine.ts';

const key = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const machineName = 'abcdefghijklmnopqrstuvwxyz';

test('stays what it is: proxies and control planes of different versions meet', () => {
  const label = { sessionId: 'aaaabbbbccccdddd', service: 'WAC', expiresAt: 1_800_000_000 } as const;
  expect(mintLabel(key, machineName, label)).toBe(
    'aeaaaaeeeeiiiimmmnvutuqaacfbjlyuzw7xpl7xebe5tcmlm3neuph6vi',
  );
});

test('comes back as it was minted, fits a DNS label, and ends at its second', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      fc.constantFrom(...serviceNames),
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      (id, service, expiresAt) => {
        const label = { sessionId: encodeBase32(id), service, expiresAt };
        const text = mintLabel(key, machineName, label);
        expect(text).toMatch(/^[a-z2-7]{58}$/);
        expect(verifyLabel([Buffer.alloc(32), key], machineName, text, expiresAt - 1)).toEqual(label);
        expect(verifyLabel([key], machineName, text, expiresAt)).toBe('expired');
      },
    ),
  );
});

test('is refused after any one character was changed', () => {
  const text = mintLabel(key, machineName, {
    sessionId: 'aaaabbbbccccdddd',
    service: 'SSH',
    expiresAt: 1_800_000_000,
  });
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'a' ? 'b' : 'a';
    const changed = text.slice(0, at) + other + text.slice(at + 1);
    expect(['malformed', 'foreign']).toContain(verifyLabel([key], machineName, changed, 0));
  }
});

test('is refused for every text that is none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 70 }), (text) => {
      expect(['malformed', 'foreign']).toContain(verifyLabel([key], machineName, text, 0));
    }),
  );
});
