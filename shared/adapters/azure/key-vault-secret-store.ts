import type { SecretClient } from '@azure/keyvault-secrets';
import { AppError } from '#shared/domain/error.ts';
import type { Secret, SecretStore } from '#shared/ports/secret-store.ts';
import { atKeyVault, type KeyVaultAccess, orAbsent } from './key-vault-error.ts';
import { remembered } from './remembered.ts';

export interface KeyVaultSecretStoreOptions extends KeyVaultAccess {
  /**
   * How long the newest version of a secret is taken for the newest: a rotation is seen after this at the latest.
   * Default one minute; it spares each connect a call, and the vault its limit (4,000 in 10 s).
   */
  freshForMs?: number;
}

/** The names are constants of the deployment, so what is remembered stays small. */
export function createKeyVaultSecretStore(options: KeyVaultSecretStoreOptions): SecretStore {
  const { vaultUrl, credential, freshForMs = 60_000 } = options;
  const connect = remembered(async (): Promise<SecretClient> => {
    const { SecretClient } = await import('@azure/keyvault-secrets');
    return new SecretClient(vaultUrl, credential);
  });
  const newest = new Map<string, () => Promise<Secret>>();

  const incomplete = (name: string) =>
    new AppError('configuration_incomplete', `the key vault has no secret ${name}`, {
      facts: { secret: name },
    });

  async function read(name: string, version?: string): Promise<Secret> {
    const found = await atKeyVault(`reading the secret ${name}`, async () => {
      const client = await connect();
      return orAbsent(client.getSecret(name, version === undefined ? {} : { version }));
    });
    if (found?.value === undefined) throw incomplete(name);
    return {
      value: Buffer.from(found.value, 'base64url'),
      version: found.properties.version ?? '',
    };
  }

  async function listEnabledVersions(name: string): Promise<string[]> {
    const client = await connect();
    const found: { version: string; createdAt: number }[] = [];
    for await (const { version, enabled, createdOn } of client.listPropertiesOfSecretVersions(name))
      if (version !== undefined && enabled !== false)
        found.push({ version, createdAt: createdOn?.getTime() ?? 0 });
    // The vault gives no order and counts in seconds; within one second the later in its list is the newer.
    return found
      .reverse()
      .sort((a, b) => b.createdAt - a.createdAt)
      .map(({ version }) => version);
  }

  return {
    getSecret(name, version) {
      if (version !== undefined) return read(name, version);
      const known = newest.get(name) ?? remembered(() => read(name), freshForMs);
      newest.set(name, known);
      return known();
    },

    async listSecretVersions(name) {
      const versions = await atKeyVault(`listing the versions of the secret ${name}`, () =>
        orAbsent(listEnabledVersions(name)),
      );
      if (!versions?.length) throw incomplete(name);
      return Promise.all(versions.map((version) => read(name, version)));
    },
  };
}
