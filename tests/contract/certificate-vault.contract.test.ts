import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import { createIssuingAuthority, type IssuingAuthority, readRequest } from './key-vault/issuing-authority.ts';
import { type RunningVault, startVault } from './key-vault/running-vault.ts';

let running: RunningVault;
let vault: CertificateVault;
let client: CertificateClient;
let authority: IssuingAuthority;

beforeAll(async () => {
  running = await startVault();
  vault = createKeyVaultCertificateVault(running);
  client = new CertificateClient(running.vaultUrl, running.credential);
  authority = await createIssuingAuthority('Test issuing authority');
});
afterAll(() => running.stop());

const hostNames = ['m1.wac.localhost', '*.m1.wac.localhost'];
const tags = { authority: 'https://acme.localhost/directory' };

async function chainFor(request: Uint8Array): Promise<string> {
  const ders = [await authority.sign(request), authority.certificate];
  return ders.map((der) => new X509Certificate(der).toString()).join('');
}

async function issue(name: string) {
  const chain = await chainFor(await vault.beginCertificate(name, 'Unknown', hostNames, tags));
  return { chain, certificate: await vault.mergeCertificate(name, chain) };
}

describe('a certificate that is begun', () => {
  it('has a request for its host names, signed with its own key', async () => {
    expect(await readRequest(await vault.beginCertificate('begun', 'Unknown', hostNames, tags))).toEqual({
      isSelfSigned: true,
      subject: 'CN=m1.wac.localhost',
      names: hostNames,
    });
    expect(await vault.findCertificate('begun')).toBeUndefined();
  });

  it('has the same request when it is begun again for the same names', async () => {
    const first = await vault.beginCertificate('repeated', 'Unknown', hostNames, tags);
    expect(await vault.beginCertificate('repeated', 'Unknown', hostNames, tags)).toEqual(first);
  });

  it('has another request when it is begun again for other names', async () => {
    await vault.beginCertificate('renamed', 'Unknown', hostNames, tags);
    const others = ['m2.wac.localhost', '*.m2.wac.localhost'];
    expect(
      (await readRequest(await vault.beginCertificate('renamed', 'Unknown', others, tags))).names,
    ).toEqual(others);
  });

  it('has no common name when the base name is longer than one may be', async () => {
    const long = `${'a'.repeat(60)}.wac.localhost`;
    expect(
      await readRequest(await vault.beginCertificate('long', 'Unknown', [long, `*.${long}`], tags)),
    ).toMatchObject({
      subject: '',
      names: [long, `*.${long}`],
    });
  });

  it('can be given up, also when nothing is pending', async () => {
    const first = await vault.beginCertificate('given-up', 'Unknown', hostNames, tags);
    await vault.cancelPending('given-up');
    await vault.cancelPending('given-up');
    await vault.cancelPending('never-begun');
    expect(await vault.beginCertificate('given-up', 'Unknown', hostNames, tags)).not.toEqual(first);
  });
});

describe('a certificate that is merged', () => {
  it('is found with the facts of its leaf, its names and its tags', async () => {
    const { chain, certificate } = await issue('merged');
    const leaf = new X509Certificate(chain);
    expect(certificate).toEqual({
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
      hostNames,
      tags,
      thumbprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
      serialNumber: leaf.serialNumber,
      notBefore: new Date(leaf.validFrom).toISOString(),
      notAfter: new Date(leaf.validTo).toISOString(),
    });
    expect(await vault.findCertificate('merged')).toEqual(certificate);
  });

  it('gives out key and chain of the version that is asked for', async () => {
    const first = await issue('private');
    await issue('private');
    const { privateKeyPem, chainPem } = await vault.readPrivate('private', first.certificate.version);
    expect(chainPem).toBe(first.chain);
    expect(new X509Certificate(chainPem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  });

  it('is answered again when the merge is repeated, also while a newer version is pending', async () => {
    const { chain, certificate } = await issue('merged-again');
    expect(await vault.mergeCertificate('merged-again', chain)).toEqual(certificate);
    await vault.beginCertificate('merged-again', 'Unknown', hostNames, tags);
    expect(await vault.mergeCertificate('merged-again', chain)).toEqual(certificate);
    expect(await vault.findCertificate('merged-again')).toEqual(certificate);
  });

  it('is refused for a chain of another key', async () => {
    const foreign = await chainFor(await vault.beginCertificate('foreign', 'Unknown', hostNames, tags));
    await vault.beginCertificate('own', 'Unknown', hostNames, tags);
    await expect(vault.mergeCertificate('own', foreign)).rejects.toMatchObject({
      code: 'key_vault_refused',
      facts: { vaultStatus: 400 },
    });
  });
});

describe('a certificate that is removed', () => {
  it('is not found, and removing it again or one that never was is success', async () => {
    const { certificate } = await issue('removed');
    await vault.removeCertificate('removed');
    await vault.removeCertificate('removed');
    await vault.removeCertificate('never-was');
    expect(await vault.findCertificate('removed')).toBeUndefined();
    await expect(vault.readPrivate('removed', certificate.version)).rejects.toMatchObject({
      code: 'certificate_missing',
    });
    expect((await client.getDeletedCertificate('removed')).properties.enabled).toBe(false);
  });

  it('can be begun again under its name, which the deletion holds', async () => {
    const before = await issue('back-again');
    await vault.removeCertificate('back-again');
    const after = await issue('back-again');
    expect(after.certificate.version).not.toBe(before.certificate.version);
    expect(await vault.findCertificate('back-again')).toEqual(after.certificate);
  });

  it('takes an unfinished operation with it', async () => {
    await vault.beginCertificate('unfinished', 'Unknown', hostNames, tags);
    await vault.removeCertificate('unfinished');
    expect(await vault.findCertificate('unfinished')).toBeUndefined();
  });
});
