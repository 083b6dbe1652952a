import { createHash } from 'node:crypto';
import type { CryptographyClient, KeyVaultKey } from '@azure/keyvault-keys';
import { AppError } from '#shared/domain/error.ts';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';
import { atKeyVault, isNotFound, type KeyVaultAccess, orAbsent } from './key-vault-error.ts';
import { remembered } from './remembered.ts';

export interface KeyVaultSigningKeyOptions extends KeyVaultAccess {
  keyName: string;
  /** How long the newest version is taken for the newest; a rotation is seen after this. Default one minute. */
  freshForMs?: number;
}

/** One in use and one before it; a few more do no harm. */
const maxClients = 8;

const base64url = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('base64url');

const publicKeyOf = ({ key }: KeyVaultKey): PublicSigningKey | undefined =>
  key?.kty === 'EC' && key.crv === 'P-256'
    ? { kty: 'EC', crv: 'P-256', x: base64url(key.x), y: base64url(key.y) }
    : undefined;

/** The key id is the version of the key in the vault: it says nothing of the vault itself. */
export function createKeyVaultSigningKey(options: KeyVaultSigningKeyOptions): SigningKey {
  const { vaultUrl, credential, keyName, freshForMs = 60_000 } = options;
  const sdk = remembered(() => import('@azure/keyvault-keys'));
  const connect = remembered(async () => new (await sdk()).KeyClient(vaultUrl, credential));
  const clients = new Map<string, CryptographyClient>();

  const incomplete = (detail: string) =>
    new AppError('configuration_incomplete', detail, { facts: { key: keyName } });

  function requirePublicKey(key: KeyVaultKey): PublicSigningKey {
    const publicKey = publicKeyOf(key);
    if (!publicKey) throw incomplete(`the key ${keyName} is not an EC key on P-256`);
    return publicKey;
  }

  async function clientOf(keyId: string, key: KeyVaultKey | string): Promise<CryptographyClient> {
    const known = clients.get(keyId);
    if (known) return known;
    const { CryptographyClient } = await sdk();
    // The two constructors that take a key and an identifier are not one that takes either.
    const client =
      typeof key === 'string'
        ? new CryptographyClient(key, credential)
        : new CryptographyClient(key, credential);
    const [oldest] = clients.keys();
    if (clients.size >= maxClients && oldest !== undefined) clients.delete(oldest);
    clients.set(keyId, client);
    return client;
  }

  const readCurrent = remembered(async () => {
    const key = await atKeyVault(`reading the key ${keyName}`, async () =>
      orAbsent((await connect()).getKey(keyName)),
    );
    if (!key) throw incomplete(`the key vault has no key ${keyName}`);
    const publicKey = requirePublicKey(key);
    const keyId = key.properties.version ?? '';
    // A client that holds the key already does not ask the vault for it again.
    await clientOf(keyId, key);
    return { keyId, publicKey };
  }, freshForMs);

  async function listEnabledVersions(): Promise<string[]> {
    const found: { version: string; createdAt: number }[] = [];
    for await (const one of (await connect()).listPropertiesOfKeyVersions(keyName))
      if (one.version !== undefined && one.enabled !== false)
        found.push({ version: one.version, createdAt: one.createdOn?.getTime() ?? 0 });
    // The vault gives no order and counts in seconds; within one second the later in its list is the newer.
    return found
      .reverse()
      .sort((a, b) => b.createdAt - a.createdAt)
      .map(({ version }) => version);
  }

  const readVersions = remembered(
    () =>
      atKeyVault(`listing the versions of the key ${keyName}`, async () => {
        const client = await connect();
        const keys: { keyId: string; publicKey: PublicSigningKey }[] = [];
        for (const keyId of (await orAbsent(listEnabledVersions())) ?? []) {
          const publicKey = publicKeyOf(await client.getKey(keyName, { version: keyId }));
          // A version of another kind can have signed nothing of ours.
          if (publicKey) keys.push({ keyId, publicKey });
        }
        if (keys.length === 0) throw incomplete(`the key vault has no EC key ${keyName} on P-256`);
        return keys;
      }),
    freshForMs,
  );

  return {
    current: readCurrent,
    versions: readVersions,
    sign: (keyId, data) =>
      atKeyVault(`signing with the key ${keyName}`, async () => {
        const client = await clientOf(keyId, `${vaultUrl.replace(/\/$/, '')}/keys/${keyName}/${keyId}`);
        const digest = createHash('sha256').update(data).digest();
        try {
          return (await client.sign('ES256', digest)).result;
        } catch (error) {
          if (isNotFound(error)) throw incomplete(`the key ${keyName} has no version ${keyId}`);
          throw error;
        }
      }),
  };
}
