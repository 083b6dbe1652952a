import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateClient, CertificatePolicy, KeyVaultCertificate } from '@azure/keyvault-certificates';
import type { SecretClient } from '@azure/keyvault-secrets';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateVault, VaultCertificate } from '#shared/ports/certificate-vault.ts';
import { atKeyVault, type KeyVaultAccess, orAbsent, statusOf } from './key-vault-error.ts';
import { certificateBlocks, leafFacts, privateKeyBlock } from './pem.ts';
import { remembered } from './remembered.ts';

/** RFC 5280, upper bound of a common name; a longer name stands in the alternative names alone. */
const maxCommonName = 64;

/** An EC key, as PEM: nothing on the way needs a PFX. */
function policyFor([baseName = '', ...others]: readonly string[]): CertificatePolicy {
  return {
    issuerName: 'Unknown',
    ...(baseName.length <= maxCommonName && { subject: `CN=${baseName}` }),
    subjectAlternativeNames: { dnsNames: [baseName, ...others] },
    keyType: 'EC',
    keyCurveName: 'P-256',
    contentType: 'application/x-pem-file',
    exportable: true,
    reuseKey: false,
  };
}

const isSameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name) => b.includes(name));

function toVaultCertificate({ cer, properties }: KeyVaultCertificate): VaultCertificate | undefined {
  if (!cer) return undefined;
  return {
    ...leafFacts(new X509Certificate(cer)),
    version: properties.version ?? '',
    tags: properties.tags ?? {},
  };
}

export function createKeyVaultCertificateVault({ vaultUrl, credential }: KeyVaultAccess): CertificateVault {
  const certificates = remembered(async (): Promise<CertificateClient> => {
    const { CertificateClient } = await import('@azure/keyvault-certificates');
    return new CertificateClient(vaultUrl, credential);
  });
  const secrets = remembered(async (): Promise<SecretClient> => {
    const { SecretClient } = await import('@azure/keyvault-secrets');
    return new SecretClient(vaultUrl, credential);
  });

  /** The request of the operation in progress. */
  async function findRequest(name: string): Promise<Uint8Array | undefined> {
    const poller = await orAbsent((await certificates()).getCertificateOperation(name));
    const operation = poller?.getOperationState().certificateOperation;
    return operation?.status === 'inProgress' ? operation.csr : undefined;
  }

  async function create(
    name: string,
    hostNames: readonly string[],
    tags: Readonly<Record<string, string>>,
  ): Promise<Uint8Array> {
    await (await certificates()).beginCreateCertificate(name, policyFor(hostNames), { tags: { ...tags } });
    const request = await findRequest(name);
    if (!request)
      throw new AppError('key_vault_refused', `the certificate ${name} was begun and has no request`);
    return request;
  }

  /** The request in progress, when it is for these very names. */
  async function findPendingRequest(name: string, hostNames: readonly string[]) {
    const request = await findRequest(name);
    if (!request) return undefined;
    const policy = await (await certificates()).getCertificatePolicy(name);
    const names = policy.subjectAlternativeNames?.dnsNames ?? [];
    return isSameSet(names, hostNames) ? request : undefined;
  }

  async function cancel(name: string): Promise<void> {
    await orAbsent((await certificates()).deleteCertificateOperation(name));
  }

  /** A deleted certificate holds its name for the days of recovery: it is taken back, and a new version made. */
  async function recoverDeleted(name: string): Promise<boolean> {
    const client = await certificates();
    if (!(await orAbsent(client.getDeletedCertificate(name)))) return false;
    await (await client.beginRecoverDeletedCertificate(name)).pollUntilDone();
    return true;
  }

  /** The version that holds this leaf; Key Vault lists versions with the SHA-1 of their leaf. */
  async function findVersionOf(name: string, leaf: X509Certificate): Promise<VaultCertificate | undefined> {
    const client = await certificates();
    const sha1 = createHash('sha1').update(leaf.raw).digest();
    for await (const { version, x509Thumbprint } of client.listPropertiesOfCertificateVersions(name))
      if (version && x509Thumbprint && sha1.equals(x509Thumbprint))
        return toVaultCertificate(await client.getCertificateVersion(name, version));
    return undefined;
  }

  return {
    beginCertificate: (name, hostNames, tags) =>
      atKeyVault(`beginning the certificate ${name}`, async () => {
        try {
          return await create(name, hostNames, tags);
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
        if (await recoverDeleted(name)) return create(name, hostNames, tags);
        const request = await findPendingRequest(name, hostNames);
        if (request) return request;
        await cancel(name);
        return create(name, hostNames, tags);
      }),

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
          const status = statusOf(error);
          if (status === undefined || status >= 500 || status === 429) throw error;
          const merged = await orAbsent(findVersionOf(name, leaf));
          if (merged) return merged;
          throw error;
        }
      }),

    findCertificate: (name) =>
      atKeyVault(`reading the certificate ${name}`, async () => {
        const found = await orAbsent((await certificates()).getCertificate(name));
        return found && toVaultCertificate(found);
      }),

    readPrivate: (name, version) =>
      atKeyVault(`reading the key of the certificate ${name}`, async () => {
        const secret = await orAbsent((await secrets()).getSecret(name, { version }));
        const privateKeyPem = privateKeyBlock(secret?.value ?? '');
        const chainPem = certificateBlocks(secret?.value ?? '').join('\n');
        if (!privateKeyPem || !chainPem)
          throw new AppError(
            'certificate_missing',
            `the key vault has no key and chain of ${name} ${version}`,
          );
        return { privateKeyPem: `${privateKeyPem}\n`, chainPem: `${chainPem}\n` };
      }),

    cancelPending: (name) =>
      atKeyVault(`giving up the pending version of the certificate ${name}`, () => cancel(name)),

    removeCertificate: (name) =>
      atKeyVault(`removing the certificate ${name}`, async () => {
        const client = await certificates();
        await cancel(name);
        const found = await orAbsent(client.getCertificate(name));
        if (!found) return;
        const { version } = found.properties;
        if (found.cer && version) await client.updateCertificateProperties(name, version, { enabled: false });
        await orAbsent(client.beginDeleteCertificate(name));
      }),
  };
}
