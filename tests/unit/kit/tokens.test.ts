import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';

const issuer = 'https://login.localhost/tenant/v2.0';
const begin = Date.parse('2026-11-21T12:00:00Z');
let token: string;
let jwk: Awaited<ReturnType<typeof exportJWK>>;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256' };
  token = await new SignJWT({ oid: 'someone' })
    .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
    .setIssuer(issuer)
    .setAudience('https://vault.localhost')
    .setIssuedAt(begin / 1000)
    .setExpirationTime(begin / 1000 + 600)
    .sign(privateKey);
});

const open = () => {
  const clock = createManualClock(begin);
  const published = [jwk];
  const verify = createTokenVerifier({ keys: () => ({ keys: published }), issuers: [issuer], clock });
  return { clock, published, verify };
};

it('a token that was good ends with its time', async () => {
  const { clock, verify } = open();
  expect(await verify(token, ['https://vault.localhost'])).toMatchObject({ oid: 'someone' });
  clock.advance(599_000);
  expect(await verify(token, ['https://vault.localhost/'])).toMatchObject({ oid: 'someone' });
  clock.advance(1_000);
  await expect(verify(token, ['https://vault.localhost'])).rejects.toThrow('exp');
});

it('a token that was good for one audience is not for another', async () => {
  const { verify } = open();
  await verify(token, ['https://vault.localhost']);
  await expect(verify(token, ['https://cosmos.localhost'])).rejects.toThrow('aud');
});

it('a token that was good ends with the publication of its key', async () => {
  const { published, verify } = open();
  await verify(token, ['https://vault.localhost']);
  published.length = 0;
  await expect(verify(token, ['https://vault.localhost'])).rejects.toBeInstanceOf(Error);
});
