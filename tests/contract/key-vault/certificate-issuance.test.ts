import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CertificatePolicy } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificatesIn, createIssuance, poll, unknownEc } from './issuance.ts';
import { createIssuingAuthority, readRequest } from './issuing-authority.ts';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

let running: RunningVault;
let vault: Awaited<ReturnType<typeof createIssuance>>;

beforeAll(async () => {
  running = await startVault();
  vault = await createIssuance(running);
});
afterAll(() => running.stop());

describe('a certificate of an authority outside', () => {
  it('gives out a request that carries the names of the policy and is signed with its own key', async () => {
    expect(await readRequest(await vault.requestOf('request'))).toEqual({
      isSelfSigned: true,
      subject: 'CN=m1.wac.localhost',
      names: ['m1.wac.localhost', '*.m1.wac.localhost'],
    });
  });

  it('keeps the operation in progress until the chain is merged', async () => {
    const leaf = await vault.authority.sign(await vault.requestOf('waiting'));
    const pending = await vault.client.getCertificateOperation('waiting', poll);
    expect(pending.getOperationState().certificateOperation?.status).toBe('inProgress');
    expect((await vault.client.getCertificate('waiting')).cer).toBeUndefined();

    await vault.client.mergeCertificate('waiting', [leaf, vault.authority.certificate]);
    const done = await pending.pollUntilDone();
    expect(Buffer.from(done.cer ?? [])).toEqual(leaf);
    expect(done.properties.enabled).toBe(true);
  });

  it.each([
    ['P-256', 'EC', 'P-256', undefined],
    ['P-384', 'EC', 'P-384', undefined],
    ['RSA', 'RSA', undefined, 2048],
  ] as const)(
    'keeps key and chain of a %s certificate as PEM',
    async (label, keyType, keyCurveName, keySize) => {
      const name = `merged-${label}`;
      const { keyCurveName: _, ...rest } = unknownEc;
      await vault.issue(name, {
        ...rest,
        keyType,
        ...(keyCurveName && { keyCurveName }),
        ...(keySize && { keySize }),
      });
      const secret = await vault.secrets.getSecret(name);
      const [leaf, issuer] = certificatesIn(secret.value ?? '');
      expect(leaf?.checkPrivateKey(createPrivateKey(secret.value ?? ''))).toBe(true);
      expect(issuer?.raw).toEqual(vault.authority.certificate);
      expect(secret.value?.startsWith('-----BEGIN PRIVATE KEY-----')).toBe(true);
      expect(secret.properties).toMatchObject({ contentType: 'application/x-pem-file', managed: true });
      expect(secret.properties.certificateKeyId).toMatch(new RegExp(`/keys/${name}/[0-9a-f]{32}$`));
    },
  );

  it('puts a chain that came in the wrong order in order of issue', async () => {
    const leaf = await vault.authority.sign(await vault.requestOf('disorder'));
    await vault.client.mergeCertificate('disorder', [vault.authority.certificate, leaf]);
    expect(certificatesIn(await vault.pemOf('disorder')).map(({ raw }) => raw)).toEqual([
      leaf,
      vault.authority.certificate,
    ]);
  });

  it('refuses to merge a certificate of another key and stays in progress', async () => {
    const foreign = await vault.authority.sign(await vault.requestOf('foreign-key'));
    await vault.requestOf('own-key');
    expect(
      await refusalOf(vault.client.mergeCertificate('own-key', [foreign, vault.authority.certificate])),
    ).toMatchObject({
      statusCode: 400,
      code: 'BadParameter',
      message: expect.stringContaining('does not match'),
    });
    const poller = await vault.client.getCertificateOperation('own-key');
    expect(poller.getOperationState().certificateOperation?.status).toBe('inProgress');
  });

  it('refuses to merge a leaf whose issuer is missing, and certificates that do not belong to the chain', async () => {
    const stranger = await createIssuingAuthority('A stranger');
    const leaf = await vault.authority.sign(await vault.requestOf('incomplete'));
    expect(await refusalOf(vault.client.mergeCertificate('incomplete', [leaf]))).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('incomplete'),
    });
    expect(
      await refusalOf(vault.client.mergeCertificate('incomplete', [leaf, stranger.certificate])),
    ).toMatchObject({ statusCode: 400 });
  });

  it('refuses a second create while one is in progress, and takes it after the operation is deleted', async () => {
    await vault.requestOf('twice');
    expect(await refusalOf(vault.client.beginCreateCertificate('twice', unknownEc, poll))).toMatchObject({
      statusCode: 409,
      code: 'Conflict',
    });
    expect((await vault.client.deleteCertificateOperation('twice')).status).toBe('inProgress');
    expect(await refusalOf(vault.client.getCertificateOperation('twice'))).toMatchObject({ statusCode: 404 });
    expect(await vault.requestOf('twice')).toBeInstanceOf(Uint8Array);
  });

  it('lets go of a cancelled operation and keeps the version before it', async () => {
    const first = await vault.issue('cancelled');
    const poller = await vault.client.beginCreateCertificate('cancelled', unknownEc, poll);
    await poller.cancelOperation();
    const state = (await vault.client.getCertificateOperation('cancelled')).getOperationState();
    expect(state.certificateOperation).toMatchObject({ status: 'cancelled', cancellationRequested: true });
    expect((await vault.client.getCertificate('cancelled')).properties.id).toBe(first.properties.id);
    const second = await vault.issue('cancelled');
    expect(second.properties.version).not.toBe(first.properties.version);
  });
});

describe('a self-signed certificate', () => {
  it('is made by the vault with the names, the lifetime and the key of its policy', async () => {
    const poller = await vault.client.beginCreateCertificate(
      'self',
      {
        issuerName: 'Self',
        subject: 'CN=self.wac.localhost',
        subjectAlternativeNames: { dnsNames: ['self.wac.localhost'] },
        validityInMonths: 3,
        contentType: 'application/x-pem-file',
      },
      poll,
    );
    const certificate = await poller.pollUntilDone();
    const leaf = new X509Certificate(Buffer.from(certificate.cer ?? []));
    expect(leaf.verify(leaf.publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe('DNS:self.wac.localhost');
    expect(certificate.policy).toMatchObject({ keyType: 'RSA', keySize: 2048, validityInMonths: 3 });
    expect(
      Buffer.from(certificate.properties.x509Thumbprint ?? [])
        .toString('hex')
        .toUpperCase(),
    ).toBe(leaf.fingerprint.replaceAll(':', ''));
    const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000;
    expect(days).toBeGreaterThan(88);
    expect(days).toBeLessThan(93);
  });

  it('keeps its key to itself when the policy says that it may not be exported', async () => {
    const policy: CertificatePolicy = { ...unknownEc, issuerName: 'Self', exportable: false };
    await (await vault.client.beginCreateCertificate('sealed', policy, poll)).pollUntilDone();
    const pem = await vault.pemOf('sealed');
    expect(pem).toContain('BEGIN CERTIFICATE');
    expect(pem).not.toContain('PRIVATE KEY');
  });
});
