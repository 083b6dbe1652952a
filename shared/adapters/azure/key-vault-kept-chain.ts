import { X509Certificate } from 'node:crypto';
import type { KeyVaultSecret } from '@azure/keyvault-secrets';
import { AppError } from '#shared/domain/error.ts';
import type { VaultCertificate } from '#shared/ports/certificate-vault.ts';
import type { KeyVaultClients } from './key-vault-clients.ts';
import { orAbsent, orDisabled, statusOf } from './key-vault-error.ts';
import { certificateBlocks, leafFacts } from './pem.ts';

const contentType = 'application/pem-certificate-chain';

/**
 * A certificate owns the secret and the key of its own name, and holds them while it can be recovered. The chain of
 * a machine-held key stands beside it, so that a machine can change custody there and back.
 */
export const keptChainName = (name: string) => `${name}-chain`;

/** Chains of machine-held keys: secrets that end when their leaf ends. */
export function keptChains({ secrets }: KeyVaultClients) {
  /** Undefined for what is not there, deleted or disabled. */
  async function read(name: string, version?: string): Promise<KeyVaultSecret | undefined> {
    return orDisabled(orAbsent((await secrets()).getSecret(keptChainName(name), version ? { version } : {})));
  }

  /** The version that has this very chain. The vault lists no values, but a leaf ends when its secret does. */
  async function findVersionOf(name: string, chainPem: string, endsAt: number) {
    const newest = await read(name);
    if (!newest || newest.value === chainPem) return newest;
    // Chains mostly come in order of their end: then nothing more is read.
    if ((newest.properties.expiresOn?.getTime() ?? 0) < endsAt) return undefined;
    const client = await secrets();
    for await (const one of client.listPropertiesOfSecretVersions(keptChainName(name))) {
      if (one.enabled === false || one.expiresOn?.getTime() !== endsAt) continue;
      const candidate = await read(name, one.version);
      if (candidate?.value === chainPem) return candidate;
    }
    return undefined;
  }

  /** As with certificates: taken back, never purged. */
  async function recoverDeleted(name: string): Promise<boolean> {
    const client = await secrets();
    const secretName = keptChainName(name);
    if (!(await orAbsent(client.getDeletedSecret(secretName)))) return false;
    await (await client.beginRecoverDeletedSecret(secretName)).pollUntilDone();
    return true;
  }

  return {
    async keep(
      name: string,
      chain: string,
      tags: Readonly<Record<string, string>>,
    ): Promise<VaultCertificate> {
      const blocks = certificateBlocks(chain);
      const [leafPem] = blocks;
      if (!leafPem) throw new AppError('key_vault_refused', `the chain of ${name} holds no certificate`);
      const chainPem = `${blocks.join('\n')}\n`;
      const facts = leafFacts(new X509Certificate(leafPem));
      const set = async () =>
        (await secrets()).setSecret(keptChainName(name), chainPem, {
          contentType,
          tags: { ...tags },
          notBefore: new Date(facts.notBefore),
          expiresOn: new Date(facts.notAfter),
        });
      const kept =
        (await findVersionOf(name, chainPem, Date.parse(facts.notAfter))) ??
        (await set().catch(async (error: unknown) => {
          if (statusOf(error) !== 409 || !(await recoverDeleted(name))) throw error;
          return set();
        }));
      const { version = '', tags: keptTags = {} } = kept.properties;
      return { ...facts, version, tags: keptTags };
    },

    find: async (name: string, version?: string): Promise<string | undefined> =>
      (await read(name, version))?.value,
  };
}
