import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyVaultSecretStore } from '#shared/adapters/azure/key-vault-secret-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { type RunningVault, startVault } from './key-vault/running-vault.ts';

const forbiddenId = '00000000-0000-4000-8000-0000000000ff';
let running: RunningVault;
let secrets: SecretStore;
let client: SecretClient;

beforeAll(async () => {
  running = await startVault({ mayUse: ({ oid }) => oid !== forbiddenId });
  secrets = createKeyVaultSecretStore({ ...running, freshForMs: 0 });
  client = new SecretClient(running.vaultUrl, running.credential);
});
afterAll(() => running.stop());

const text = ({ value }: { value: Uint8Array }) => Buffer.from(value).toString();

/** Sets a new version, one second later than the last: the vault counts in seconds. */
async function setSecret(name: string, value: string): Promise<string> {
  running.clock.advance(1000);
  const { properties } = await client.setSecret(name, Buffer.from(value).toString('base64url'));
  return properties.version ?? '';
}

describe('a secret', () => {
  it('is read in its newest version, or in the one that is named', async () => {
    const first = await setSecret('names', 'one');
    const second = await setSecret('names', 'two');
    const newest = await secrets.getSecret('names');
    expect(newest.version).toBe(second);
    expect(text(newest)).toBe('two');
    expect(text(await secrets.getSecret('names', first))).toBe('one');
  });

  it('has its enabled versions listed, the newest first', async () => {
    const versions = [await setSecret('rotated', 'one'), await setSecret('rotated', 'two')];
    await setSecret('rotated', 'three');
    await client.updateSecretProperties('rotated', versions[1] ?? '', { enabled: false });
    expect((await secrets.listSecretVersions('rotated')).map(text)).toEqual(['three', 'one']);
  });

  it('that is not there is named as missing from the deployment', async () => {
    const missing = { code: 'configuration_incomplete', message: expect.stringContaining('not-there') };
    await expect(secrets.getSecret('not-there')).rejects.toMatchObject(missing);
    await expect(secrets.listSecretVersions('not-there')).rejects.toMatchObject(missing);
    const version = '0'.repeat(32);
    await setSecret('there', 'one');
    await expect(secrets.getSecret('there', version)).rejects.toMatchObject({
      code: 'configuration_incomplete',
    });
  });

  it('is asked for once by callers that come together, and again after it was set', async () => {
    await setSecret('remembered', 'one');
    const patient = createKeyVaultSecretStore({ ...running, freshForMs: 60_000 });
    running.vault.calls.reset();
    const answers = await Promise.all([1, 2, 3].map(() => patient.getSecret('remembered')));
    expect(answers.map(text)).toEqual(['one', 'one', 'one']);
    expect(running.vault.calls.count('GetSecret')).toBe(1);
    await setSecret('remembered', 'two');
    expect(text(await patient.getSecret('remembered'))).toBe('one');
    expect(text(await secrets.getSecret('remembered'))).toBe('two');
  });

  it('that was missing is found as soon as it is there', async () => {
    const patient = createKeyVaultSecretStore({ ...running, freshForMs: 60_000 });
    await expect(patient.getSecret('late')).rejects.toMatchObject({ code: 'configuration_incomplete' });
    await setSecret('late', 'value');
    expect(text(await patient.getSecret('late'))).toBe('value');
  });
});

describe('a vault that says no', () => {
  it('is a refusal, with its answer', async () => {
    const stranger = createKeyVaultSecretStore({
      ...running,
      credential: {
        getToken: async () => ({
          token: await running.mintToken({ oid: forbiddenId }),
          expiresOnTimestamp: Date.now() + 3_600_000,
        }),
      },
    });
    await expect(stranger.getSecret('names')).rejects.toMatchObject({
      code: 'key_vault_refused',
      hop: 'key vault',
      facts: { vaultStatus: 403 },
      message: expect.stringContaining('GetSecret'),
    });
  });
});
