import { X509Certificate } from 'node:crypto';
import { CertificateClient, type CertificatePolicy } from '@azure/keyvault-certificates';
import { SecretClient } from '@azure/keyvault-secrets';
import { createIssuingAuthority } from './issuing-authority.ts';
import type { RunningVault } from './running-vault.ts';

export const poll = { intervalInMs: 1 };

export const unknownEc: CertificatePolicy = {
  issuerName: 'Unknown',
  subject: 'CN=m1.wac.localhost',
  subjectAlternativeNames: { dnsNames: ['m1.wac.localhost', '*.m1.wac.localhost'] },
  keyType: 'EC',
  keyCurveName: 'P-256',
  contentType: 'application/x-pem-file',
};

/** The clients of one vault and an authority that signs its requests. */
export async function createIssuance(running: RunningVault) {
  const client = new CertificateClient(running.vaultUrl, running.credential);
  const secrets = new SecretClient(running.vaultUrl, running.credential);
  const authority = await createIssuingAuthority('Test issuing authority');
  /** Begins a certificate and answers its request. */
  async function requestOf(name: string, policy = unknownEc): Promise<Uint8Array> {
    await client.beginCreateCertificate(name, policy, poll);
    const poller = await client.getCertificateOperation(name);
    const { certificateOperation } = poller.getOperationState();
    if (!certificateOperation?.csr) throw new Error('the operation has no request');
    return certificateOperation.csr;
  }
  async function issue(name: string, policy = unknownEc) {
    const leaf = await authority.sign(await requestOf(name, policy));
    return client.mergeCertificate(name, [leaf, authority.certificate]);
  }
  const pemOf = async (name: string) => (await secrets.getSecret(name)).value ?? '';
  return { client, secrets, authority, requestOf, issue, pemOf };
}

export const certificatesIn = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );
