import {
  createHash,
  createPublicKey,
  type JsonWebKey,
  randomBytes,
  verify as verifySignature,
} from 'node:crypto';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

let running: RunningVault;
let client: KeyClient;

beforeAll(async () => {
  running = await startVault();
  client = new KeyClient(running.vaultUrl, running.credential);
});
afterAll(() => running.stop());

function publicKeyOf({ key }: KeyVaultKey) {
  const text = (bytes?: Uint8Array) => (bytes ? Buffer.from(bytes).toString('base64url') : undefined);
  const { kty, crv, x, y, n, e } = key ?? {};
  const jwk = { kty, crv, x: text(x), y: text(y), n: text(n), e: text(e) } as JsonWebKey;
  return createPublicKey({ key: jwk, format: 'jwk' });
}

describe('a signing key', () => {
  it.each([
    ['ES256', 'P-256', 'sha256'],
    ['ES384', 'P-384', 'sha384'],
    ['ES512', 'P-521', 'sha512'],
  ] as const)(
    'signs a digest with %s so that the public key verifies the data',
    async (algorithm, curve, hash) => {
      const key = await client.createEcKey(`sign-${algorithm}`, { curve });
      const crypto = new CryptographyClient(key, running.credential);
      for (let round = 0; round < 5; round += 1) {
        const data = randomBytes(40 + round);
        const { result } = await crypto.sign(algorithm, createHash(hash).update(data).digest());
        expect(
          verifySignature(hash, data, { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' }, result),
        ).toBe(true);
      }
    },
  );

  it('signs with RS256 and keeps its private half to itself', async () => {
    const key = await client.createRsaKey('sign-RS256', { keySize: 2048 });
    expect(key.key).not.toHaveProperty('d', expect.anything());
    const data = randomBytes(100);
    const crypto = new CryptographyClient(key, running.credential);
    const { result } = await crypto.sign('RS256', createHash('sha256').update(data).digest());
    expect(verifySignature('sha256', data, publicKeyOf(key), result)).toBe(true);
  });

  it('verifies what it signed and nothing else', async () => {
    const key = await client.createEcKey('verify', { curve: 'P-256' });
    const crypto = new CryptographyClient(key, running.credential);
    const digest = createHash('sha256').update('data').digest();
    const { result } = await crypto.sign('ES256', digest);
    expect((await crypto.verify('ES256', digest, result)).result).toBe(true);
    const other = createHash('sha256').update('other').digest();
    expect((await crypto.verify('ES256', other, result)).result).toBe(false);
    result[5] = (result[5] ?? 0) ^ 1;
    expect((await crypto.verify('ES256', digest, result)).result).toBe(false);
  });

  it('signs by its name alone with the newest version, as by the id of an old one', async () => {
    const first = await client.createEcKey('rotated', { curve: 'P-256' });
    const second = await client.rotateKey('rotated');
    expect(second.properties.version).not.toBe(first.properties.version);
    const data = Buffer.from('data');
    const digest = createHash('sha256').update(data).digest();
    const signedBy = async (id: string) =>
      (await new CryptographyClient(id, running.credential).sign('ES256', digest)).result;
    const check = (key: KeyVaultKey, signature: Uint8Array) =>
      verifySignature('sha256', data, { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' }, signature);
    expect(check(second, await signedBy(`${running.vaultUrl}/keys/rotated`))).toBe(true);
    expect(check(first, await signedBy(first.id ?? ''))).toBe(true);
    const versions: string[] = [];
    for await (const { version } of client.listPropertiesOfKeyVersions('rotated'))
      versions.push(version ?? '');
    expect(versions).toEqual([first.properties.version, second.properties.version]);
  });

  it('refuses a digest of the wrong length, an algorithm that does not fit, and one that is not there', async () => {
    const { id = '' } = await client.createEcKey('strict', { curve: 'P-256' });
    const crypto = new CryptographyClient(id, running.credential);
    expect(await refusalOf(crypto.sign('ES256', Buffer.alloc(20)))).toMatchObject({ statusCode: 400 });
    expect(await refusalOf(crypto.sign('RS256', Buffer.alloc(32)))).toMatchObject({ statusCode: 400 });
    expect(await refusalOf(crypto.sign('PS256', Buffer.alloc(32)))).toMatchObject({ statusCode: 501 });
  });

  it('refuses to sign while it is disabled, and what its operations do not name', async () => {
    const { id = '', properties } = await client.createEcKey('off', { curve: 'P-256' });
    const digest = createHash('sha256').update('data').digest();
    const crypto = new CryptographyClient(id, running.credential);
    await crypto.sign('ES256', digest);
    await client.updateKeyProperties('off', properties.version ?? '', { enabled: false });
    expect(await refusalOf(crypto.sign('ES256', digest))).toMatchObject({ statusCode: 403 });

    const verifier = await client.createEcKey('verifier', { curve: 'P-256', keyOps: ['verify'] });
    expect(verifier.keyOperations).toEqual(['verify']);
  });
});

describe('a wrapping key', () => {
  it('unwraps with RSA-OAEP-256 what was wrapped for it', async () => {
    const key = await client.createRsaKey('wrap', { keySize: 2048 });
    const crypto = new CryptographyClient(key, running.credential);
    const secret = randomBytes(32);
    const { result } = await crypto.wrapKey('RSA-OAEP-256', secret);
    expect(Buffer.from((await crypto.unwrapKey('RSA-OAEP-256', result)).result)).toEqual(secret);
    expect(await refusalOf(crypto.unwrapKey('RSA-OAEP-256', randomBytes(256)))).toMatchObject({
      statusCode: 400,
    });
  });
});

describe('keys by name', () => {
  it('are listed and can be deleted and recovered', async () => {
    await client.createEcKey('listed', { curve: 'P-256' });
    const names: string[] = [];
    for await (const { name } of client.listPropertiesOfKeys()) names.push(name);
    expect(names).toContain('listed');
    await (await client.beginDeleteKey('listed', { intervalInMs: 1 })).pollUntilDone();
    expect(await refusalOf(client.getKey('listed'))).toMatchObject({ statusCode: 404, code: 'KeyNotFound' });
    await (await client.beginRecoverDeletedKey('listed', { intervalInMs: 1 })).pollUntilDone();
    expect((await client.getKey('listed')).name).toBe('listed');
  });
});
