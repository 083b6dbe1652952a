import { createPublicKey, verify } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { calculateJwkThumbprint } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyVaultSigningKey } from '#shared/adapters/azure/key-vault-signing-key.ts';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';
import { createMemorySigningKey } from '../support/memory-signing-key.ts';
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

/** A key of this name that has signed under two versions, and how it rotates. */
const subjects: [string, (name: string) => Promise<{ key: SigningKey; rotate(): Promise<unknown> }>][] = [
  [
    'in memory',
    (name) => {
      const key = createMemorySigningKey(name);
      return Promise.resolve({ key, rotate: () => Promise.resolve(key.rotate()) });
    },
  ],
  [
    'on Key Vault',
    async (name) => {
      await client.createEcKey(name, { curve: 'P-256' });
      return { key: signingKey(name), rotate: () => client.rotateKey(name) };
    },
  ],
];

describe.each(subjects)('a signing key %s', (_, create) => {
  it('shows every version, the newest first, and signs with each', async () => {
    const { key, rotate } = await create('many');
    const first = await key.current();
    expect(await key.versions()).toEqual([first]);
    await rotate();
    await rotate();
    const versions = await key.versions();
    expect(new Set(versions.map(({ keyId }) => keyId)).size).toBe(3);
    expect(versions[0]).toEqual(await key.current());
    expect(versions.at(-1)).toEqual(first);
    const data = Buffer.from('data');
    for (const { keyId, publicKey } of versions)
      expect(isSignatureOf(data, await key.sign(keyId, data), publicKey)).toBe(true);
  });
});

describe('a signing key', () => {
  it('shows no version that is disabled, and none that is not on P-256', async () => {
    await client.createRsaKey('mixed', { keySize: 2048 });
    const first = await client.createEcKey('mixed', { curve: 'P-256' });
    const disabled = await client.createEcKey('mixed', { curve: 'P-256' });
    const newest = await client.createEcKey('mixed', { curve: 'P-256' });
    await client.updateKeyProperties('mixed', disabled.properties.version ?? '', { enabled: false });
    const versions = await signingKey('mixed').versions();
    expect(versions.map(({ keyId }) => keyId)).toEqual([newest.properties.version, first.properties.version]);
  });

  it('is asked for its versions again when they are no longer fresh, and not before', async () => {
    await client.createEcKey('remembered', { curve: 'P-256' });
    const key = signingKey('remembered', 60_000);
    await key.versions();
    running.vault.calls.reset();
    await key.versions();
    expect(running.vault.calls.all()).toEqual({});
  });

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
    for (const read of [signingKey(name).current, signingKey(name).versions])
      await expect(read()).rejects.toMatchObject({
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
