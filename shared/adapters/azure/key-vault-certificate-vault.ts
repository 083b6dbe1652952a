import { createHash, X509Certificate } from 'node:crypto';
import type { KeyVaultCertificate } from '@azure/keyvault-certificates';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateVault, VaultCertificate } from '#shared/ports/certificate-vault.ts';
import { certificateOperations } from './key-vault-certificate-operation.ts';
import { keyVaultClients } from './key-vault-clients.ts';
import { tagsOf } from './key-vault-collection-tag.ts';
import { atKeyVault, isPassing, type KeyVaultAccess, orAbsent, orDisabled } from './key-vault-error.ts';
import { keptChains } from './key-vault-kept-chain.ts';
import { retirement } from './key-vault-retirement.ts';
import { certificateBlocks, leafFacts, privateKeyBlock } from './pem.ts';

/** A version that is disabled was given up: it is there for its grace time alone. */
function toVaultCertificate(certificate: KeyVaultCertificate): VaultCertificate | undefined {
  const { cer, properties } = certificate;
  if (!cer || properties.enabled === false) return undefined;
  return {
    ...leafFacts(new X509Certificate(cer)),
    version: properties.version ?? '',
    tags: tagsOf(certificate),
  };
}

/**
 * The port over one Key Vault. With an integrated issuer the request is in the issuer's hands already: it is
 * answered for the record (empty where the vault has none), and needs no authority. A chain that is kept stands in
 * the secret `<name>-chain`.
 */
export function createKeyVaultCertificateVault(access: KeyVaultAccess): CertificateVault {
  const clients = keyVaultClients(access);
  const { certificates, secrets } = clients;
  const operations = certificateOperations(clients);
  const chains = keptChains(clients);
  const retired = retirement(clients, operations);

  /** The version that holds this leaf; Key Vault lists versions with the SHA-1 of their leaf. */
  async function findVersionOf(name: string, leaf: X509Certificate) {
    const client = await certificates();
    const sha1 = createHash('sha1').update(leaf.raw).digest();
    for await (const { version, x509Thumbprint } of client.listPropertiesOfCertificateVersions(name))
      if (version && x509Thumbprint && sha1.equals(x509Thumbprint))
        return client.getCertificateVersion(name, version);
    return undefined;
  }

  /** The secret behind a version: its key and chain as PEM. */
  async function readSecret(name: string, version: string) {
    const secret = await orDisabled(orAbsent((await secrets()).getSecret(name, { version })));
    const chain = certificateBlocks(secret?.value ?? '');
    if (chain.length === 0)
      throw new AppError('certificate_missing', `the key vault has no chain of ${name} ${version}`);
    return { privateKeyPem: privateKeyBlock(secret?.value ?? ''), chainPem: `${chain.join('\n')}\n` };
  }

  return {
    beginCertificate: (name, issuer, hostNames, tags) =>
      atKeyVault(`beginning the certificate ${name}`, () => operations.begin(name, issuer, hostNames, tags)),

    mergeCertificate: (name, chainPem) =>
      atKeyVault(`merging the certificate ${name}`, async () => {
        const chain = certificateBlocks(chainPem).map((pem) => new X509Certificate(pem));
        const [leaf] = chain;
        if (!leaf) throw new AppError('key_vault_refused', `the chain of ${name} holds no certificate`);
        const client = await certificates();
        try {
          const merged = await client.mergeCertificate(
            name,
            chain.map(({ raw }) => raw),
          );
          const certificate = toVaultCertificate(merged);
          if (!certificate)
            throw new AppError('key_vault_unavailable', `${name} was merged and is not there yet`);
          return certificate;
        } catch (error) {
          if (isPassing(error)) throw error;
          // Merged before, or issued by an integrated issuer: there is nothing to merge then.
          const version = await orAbsent(findVersionOf(name, leaf));
          const certificate = version && toVaultCertificate(version);
          if (!certificate) throw error;
          await operations.collect(version);
          return certificate;
        }
      }),

    findCertificate: (name) =>
      atKeyVault(`reading the certificate ${name}`, async () => {
        const found = await orAbsent((await certificates()).getCertificate(name));
        return found && toVaultCertificate(found);
      }),

    readPrivate: (name, version) =>
      atKeyVault(`reading the key of the certificate ${name}`, async () => {
        const { privateKeyPem, chainPem } = await readSecret(name, version);
        if (!privateKeyPem)
          throw new AppError('certificate_missing', `the key vault has no key of ${name} ${version}`);
        return { privateKeyPem: `${privateKeyPem}\n`, chainPem };
      }),

    readChain: (name, version) =>
      atKeyVault(
        `reading the chain of the certificate ${name}`,
        async () => (await readSecret(name, version)).chainPem,
      ),

    keepChain: (name, chainPem, tags) =>
      atKeyVault(`keeping the chain ${name}`, () => chains.keep(name, chainPem, tags)),

    findKeptChain: (name, version) =>
      atKeyVault(`reading the kept chain ${name}`, () => chains.find(name, version)),

    cancelPending: (name) =>
      atKeyVault(`giving up the pending version of the certificate ${name}`, () => operations.cancel(name)),

    disableCertificate: (name) =>
      atKeyVault(`disabling the certificate ${name}`, () => retired.disable(name)),

    purgeCertificate: (name) => atKeyVault(`purging the certificate ${name}`, () => retired.purge(name)),
  };
}
