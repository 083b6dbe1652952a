import { describe, expect, it } from 'vitest';
import { keyAuthorizationOf, textValueOf, thumbprintOf } from '#shared/adapters/acme/key-authorization.ts';
import { renewalIdOf } from '#shared/adapters/acme/renewal-id.ts';
import { parseRetryAfter } from '#shared/adapters/acme/retry-after.ts';
import { accountKey } from './scripted-fetch.ts';

/** RFC 9773 appendix A: a serial number whose first bit is set, so a zero octet stands before it. */
const exampleLeaf = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

describe('values that are computed', () => {
  it('makes the thumbprint of RFC 7638 of the key of RFC 7517 appendix A.1', async () => {
    const { publicKey } = await accountKey.current();
    expect(thumbprintOf(publicKey)).toBe('cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s');
    const shuffled = {
      y: publicKey.y,
      x: publicKey.x,
      kty: publicKey.kty,
      crv: publicKey.crv,
      kid: 'not hashed',
    };
    expect(thumbprintOf(shuffled)).toBe(thumbprintOf(publicKey));
  });

  it('joins token and thumbprint, and digests them for DNS', async () => {
    const { publicKey } = await accountKey.current();
    const token = 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowjxAjEuX0';
    expect(keyAuthorizationOf(token, publicKey)).toBe(`${token}.cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s`);
    expect(textValueOf(token, publicKey)).toBe('fwg52vn9yGneGp3kRchrebHUszliLd4vuPNC9CScq_k');
  });

  it('makes the certificate identifier of RFC 9773 appendix A', () => {
    expect(renewalIdOf(exampleLeaf)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5_000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads Retry-After %j as %j ms', (header, expected) => {
    expect(parseRetryAfter(header, Date.parse('2026-11-21T12:00:00Z'))).toBe(expected);
  });
});
