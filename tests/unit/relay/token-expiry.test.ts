import { expect, test } from 'vitest';
import { tokenExpiry } from '#shared/adapters/relay/token-expiry.ts';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

test.each([
  ['SharedAccessSignature sr=http%3a%2f%2fx%2fy&sig=a%3d&se=1800000000&skn=listen', 1_800_000_000_000],
  ['SharedAccessSignature se=1800000000&sr=x&sig=a&skn=listen', 1_800_000_000_000],
  [jwt({ exp: 1_800_000_000 }), 1_800_000_000_000],
  [jwt({ exp: '1800000000' }), undefined],
  [jwt([]), undefined],
  ['e30.e30.sig', undefined],
  ['nonsense', undefined],
  ['a.%%%.c', undefined],
  ['', undefined],
])('reads when %s ends', (token, expected) => {
  expect(tokenExpiry(token)).toBe(expected);
});
