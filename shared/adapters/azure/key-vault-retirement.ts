import type { certificateOperations } from './key-vault-certificate-operation.ts';
import type { KeyVaultClients } from './key-vault-clients.ts';
import { orAbsent, statusOf } from './key-vault-error.ts';
import { keptChainName } from './key-vault-kept-chain.ts';

interface Versions {
  /** All of a name, in any order. */
  list: AsyncIterable<{ version?: string; enabled?: boolean; expiresOn?: Date }>;
  disable(version: string): Promise<unknown>;
}

/** One that has ended opens nothing: a name of many renewals is not walked through for those. */
async function disableEach({ list, disable }: Versions): Promise<void> {
  for await (const { version, enabled, expiresOn } of list) {
    const hasEnded = expiresOn !== undefined && expiresOn.getTime() < Date.now();
    if (version && enabled === true && !hasEnded) await disable(version);
  }
}

interface Deletable {
  beginDelete(): Promise<{ pollUntilDone(): Promise<unknown> }>;
  purge(): Promise<unknown>;
}

/** False where the vault refuses the purge: by protection, or for want of the right, both of which it answers with 403. */
async function deleteAndPurge({ beginDelete, purge }: Deletable): Promise<boolean> {
  // Deleted before is absent here, and still to be purged.
  const deletion = await orAbsent(beginDelete());
  await deletion?.pollUntilDone();
  try {
    await orAbsent(purge());
    return true;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return false;
  }
}

/** The end of a name: first nothing of it can be read, after a grace time nothing of it is there. */
export function retirement(
  { certificates, secrets }: KeyVaultClients,
  operations: Pick<ReturnType<typeof certificateOperations>, 'cancel'>,
) {
  return {
    async disable(name: string): Promise<void> {
      // One after the other: two SDKs that are loaded at a time can fail on each other.
      const certificate = await certificates();
      const secret = await secrets();
      const chain = keptChainName(name);
      const enabled = false;
      await operations.cancel(name);
      await orAbsent(
        disableEach({
          list: certificate.listPropertiesOfCertificateVersions(name),
          disable: (version) => certificate.updateCertificateProperties(name, version, { enabled }),
        }),
      );
      await orAbsent(
        disableEach({
          list: secret.listPropertiesOfSecretVersions(chain),
          disable: (version) => secret.updateSecretProperties(chain, version, { enabled }),
        }),
      );
    },

    async purge(name: string): Promise<'purged' | 'kept'> {
      const certificate = await certificates();
      const secret = await secrets();
      const chain = keptChainName(name);
      await operations.cancel(name);
      const gone = [
        await deleteAndPurge({
          beginDelete: () => certificate.beginDeleteCertificate(name),
          purge: () => certificate.purgeDeletedCertificate(name),
        }),
        await deleteAndPurge({
          beginDelete: () => secret.beginDeleteSecret(chain),
          purge: () => secret.purgeDeletedSecret(chain),
        }),
      ];
      return gone.every(Boolean) ? 'purged' : 'kept';
    },
  };
}
