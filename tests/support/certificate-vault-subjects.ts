import { X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import type { LeafFacts } from '#shared/domain/certificate.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import { createIssuingAuthority, createRequestOutside } from '../contract/key-vault/issuing-authority.ts';
import { startVault } from '../contract/key-vault/running-vault.ts';
import { encodeChain, leafOf } from './memory-certificate-chain.ts';
import { createMemoryCertificateVault } from './memory-certificate-vault.ts';

const dayMs = 86_400_000;

/** A vault behind the port, with what an authority and a machine outside of it do. */
export interface CertificateVaultSubject {
  vault: CertificateVault;
  /** The name of an issuer that the vault orders from itself. */
  issuer: string;
  /** The chain that an authority gives for a request of the vault. */
  chainFor(request: Uint8Array, hostNames: readonly string[]): Promise<string>;
  /** A chain whose key the vault does not have. */
  chainOutside(hostNames: readonly string[]): Promise<string>;
  factsOf(chain: string): LeafFacts;
  /** What a purge of something answers here. */
  afterPurge: 'purged' | 'kept';
  stop(): Promise<void>;
}

async function inMemory(): Promise<CertificateVaultSubject> {
  let serial = 0;
  const issue = async (request: Uint8Array, hostNames: readonly string[]) =>
    encodeChain({
      serialNumber: String((serial += 1)),
      hostNames: [...hostNames],
      notBefore: new Date(Date.now()).toISOString(),
      notAfter: new Date(Date.now() + 6 * dayMs).toISOString(),
      request: Buffer.from(request).toString('base64'),
    });
  return {
    vault: createMemoryCertificateVault(),
    issuer: 'ca',
    chainFor: issue,
    chainOutside: (hostNames) => issue(Buffer.from('request of a machine'), hostNames),
    factsOf: leafOf,
    afterPurge: 'purged',
    stop: async () => {},
  };
}

const onKeyVault = (purgeProtected: readonly string[]) => async (): Promise<CertificateVaultSubject> => {
  const running = await startVault({ purgeProtected });
  const authority = await createIssuingAuthority('Test issuing authority');
  await new CertificateClient(running.vaultUrl, running.credential).createIssuer('ca', 'Test');
  const chainFor = async (request: Uint8Array) => {
    const ders = [await authority.sign(request), authority.certificate];
    return ders.map((der) => `${new X509Certificate(der).toString().trim()}\n`).join('');
  };
  return {
    vault: createKeyVaultCertificateVault(running),
    issuer: 'ca',
    chainFor,
    chainOutside: async (hostNames) => chainFor(await createRequestOutside(hostNames)),
    factsOf(chain) {
      const leaf = new X509Certificate(chain);
      return {
        thumbprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
        serialNumber: leaf.serialNumber,
        notBefore: new Date(leaf.validFrom).toISOString(),
        notAfter: new Date(leaf.validTo).toISOString(),
      };
    },
    afterPurge: purgeProtected.length > 0 ? 'kept' : 'purged',
    stop: running.stop,
  };
};

export const certificateVaultSubjects: readonly [string, () => Promise<CertificateVaultSubject>][] = [
  ['in memory', inMemory],
  ['on Key Vault', onKeyVault([])],
  ['on Key Vault with purge protection', onKeyVault(['local'])],
];
