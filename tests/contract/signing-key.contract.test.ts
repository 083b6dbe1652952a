import { createPublicKey, verify } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { calculateJwkThumbprint } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyVaultSigningKey } from '#shared/adapters/azure/key-vault-signing-key.ts';
import type { PublicSigningKey } from '#shared/ports/signing-key.ts';
import { type RunningVault, startVault } from './key-vault/running-vault.ts';

let running: RunningVault;
let client: KeyClient;

beforeAll(async () => {
  running = await startVault();
  client = new KeyClient(running.vaultUrl, running.credential);
});
afterAll(() => running.stop());

const signingKey = (keyName: string, freshForMs = 0) =>
  createKeyVaultSigningKey({ ...running, keyName, freshForMs });

const isSignatureOf = (data: Uint8Array, signature: Uint8Array, publicKey: PublicSigningKey) =>
  verify(
    'sha256',
    data,
    { key: createPublicKey({ key: { ...publicKey }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    signature,
  );

describe('a signing key', () => {
  it('signs so that its public half verifies, in 64 bytes', async () => {
    await client.createEcKey('ticket', { curve: 'P-256' });
    const key = signingKey('ticket');
    const { keyId, publicKey } = await key.current();
    const data = Buffer.from('header.payload');
    const signature = await key.sign(keyId, data);
    expect(signature).toHaveLength(64);
    expect(isSignatureOf(data, signature, publicKey)).toBe(true);
    expect(isSignatureOf(Buffer.from('other'), signature, publicKey)).toBe(false);
  });

  it('has the members that a thumbprint is made of, and no others', async () => {
    await client.createEcKey('account', { curve: 'P-256' });
    const { publicKey } = await signingKey('account').current();
    expect(Object.keys(publicKey).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    expect(await calculateJwkThumbprint({ ...publicKey })).toMatch(/^[\w-]{43}$/);
  });

  it('has another id after a rotation, and still signs with the one before', async () => {
    await client.createEcKey('rotated', { curve: 'P-256' });
    const key = signingKey('rotated');
    const before = await key.current();
    await client.rotateKey('rotated');
    const after = await key.current();
    expect(after.keyId).not.toBe(before.keyId);
    const data = Buffer.from('data');
    for (const { keyId, publicKey } of [before, after])
      expect(isSignatureOf(data, await key.sign(keyId, data), publicKey)).toBe(true);
    const fresh = signingKey('rotated');
    expect(isSignatureOf(data, await fresh.sign(before.keyId, data), before.publicKey)).toBe(true);
  });

  it('takes one call to the vault for each signature once it is known', async () => {
    await client.createEcKey('counted', { curve: 'P-256' });
    const key = signingKey('counted', 60_000);
    running.vault.calls.reset();
    for (let round = 0; round < 3; round += 1) {
      const { keyId } = await key.current();
      await key.sign(keyId, Buffer.from('data'));
    }
    expect(running.vault.calls.count('GetKey')).toBe(1);
    expect(running.vault.calls.count('Sign')).toBe(3);
  });

  it.each([
    ['that is not there', 'absent', async () => {}],
    ['that is not on P-256', 'wide', () => client.createEcKey('wide', { curve: 'P-384' })],
    ['that is an RSA key', 'rsa', () => client.createRsaKey('rsa', { keySize: 2048 })],
  ])('%s is named as missing from the deployment', async (_, name, prepare) => {
    await prepare();
    await expect(signingKey(name).current()).rejects.toMatchObject({
      code: 'configuration_incomplete',
      message: expect.stringContaining(name),
    });
  });

  it('names a version that is not there', async () => {
    await client.createEcKey('versions', { curve: 'P-256' });
    await expect(signingKey('versions').sign('0'.repeat(32), Buffer.from('data'))).rejects.toMatchObject({
      code: 'configuration_incomplete',
    });
  });

  it('is unavailable while the identity of the app gives out no token', async () => {
    const { CredentialUnavailableError } = await import('@azure/identity');
    const key = createKeyVaultSigningKey({
      vaultUrl: running.vaultUrl,
      credential: {
        getToken: () => Promise.reject(new CredentialUnavailableError('the identity endpoint is silent')),
      },
      keyName: 'ticket',
    });
    await expect(key.current()).rejects.toMatchObject({ code: 'key_vault_unavailable', hop: 'key vault' });
  });
});
