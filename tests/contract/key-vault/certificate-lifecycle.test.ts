import { X509Certificate } from 'node:crypto';
import { CertificateClient, type CertificatePolicy } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIssuance, poll, unknownEc } from './issuance.ts';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

let running: RunningVault;
let vault: Awaited<ReturnType<typeof createIssuance>>;

beforeAll(async () => {
  running = await startVault();
  vault = await createIssuance(running);
});
afterAll(() => running.stop());

describe('what is kept of a certificate', () => {
  it('is there by version and by name, and listed in order of creation', async () => {
    const first = await vault.issue('versions');
    const second = await vault.issue('versions');
    const versions: (string | undefined)[] = [];
    for await (const properties of vault.client.listPropertiesOfCertificateVersions('versions'))
      versions.push(properties.version);
    expect(versions).toEqual([first.properties.version, second.properties.version]);
    expect((await vault.client.getCertificate('versions')).properties.id).toBe(second.properties.id);
    const old = await vault.client.getCertificateVersion('versions', first.properties.version ?? '');
    expect(old.cer).toEqual(first.cer);
  });

  it('changes its tags and can be disabled, and its secret with it', async () => {
    const { properties } = await vault.issue('disabled');
    const changed = await vault.client.updateCertificateProperties('disabled', properties.version ?? '', {
      enabled: false,
      tags: { ca: 'test' },
    });
    expect(changed.properties).toMatchObject({ enabled: false, tags: { ca: 'test' } });
    expect(await refusalOf(vault.secrets.getSecret('disabled'))).toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
    });
  });

  it('has a policy that is read and changed', async () => {
    await vault.issue('policy');
    await vault.client.updateCertificatePolicy('policy', { ...unknownEc, validityInMonths: 6 });
    expect(await vault.client.getCertificatePolicy('policy')).toMatchObject({
      validityInMonths: 6,
      subject: 'CN=m1.wac.localhost',
      subjectAlternativeNames: { dnsNames: ['m1.wac.localhost', '*.m1.wac.localhost'] },
    });
  });

  it('is made anew with the old key when the policy says so', async () => {
    const policy: CertificatePolicy = { ...unknownEc, reuseKey: true };
    const first = await vault.issue('reuse', policy);
    const second = await vault.issue('reuse', policy);
    const publicKeyOf = (cer?: Uint8Array) =>
      new X509Certificate(Buffer.from(cer ?? [])).publicKey.export({ type: 'spki', format: 'pem' });
    expect(second.properties.id).not.toBe(first.properties.id);
    expect(publicKeyOf(second.cer)).toBe(publicKeyOf(first.cer));
  });

  it('survives a restart on the same file, an operation in progress included', async () => {
    const csr = await vault.requestOf('restarted');
    await running.restart();
    const poller = await vault.client.getCertificateOperation('restarted');
    expect(poller.getOperationState().certificateOperation?.csr).toEqual(csr);
    await vault.client.mergeCertificate('restarted', [
      await vault.authority.sign(csr),
      vault.authority.certificate,
    ]);
  });

  it('can be imported as PEM and is refused when key and certificate do not fit', async () => {
    await vault.issue('source');
    await vault.issue('other-source');
    const pem = await vault.pemOf('source');
    const imported = await vault.client.importCertificate('imported', Buffer.from(pem), {
      policy: { contentType: 'application/x-pem-file' },
    });
    expect(imported.policy).toMatchObject({ keyType: 'EC', keyCurveName: 'P-256' });
    expect(await vault.pemOf('imported')).toBe(pem);

    const key = (await vault.pemOf('other-source')).split('-----BEGIN CERTIFICATE')[0] ?? '';
    const mixed = Buffer.from(key + pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    const policy = { contentType: 'application/x-pem-file' as const };
    expect(await refusalOf(vault.client.importCertificate('mixed', mixed, { policy }))).toMatchObject({
      statusCode: 400,
    });
    expect(
      await refusalOf(vault.client.importCertificate('pfx-in', Buffer.from([0x30, 0x82, 1]))),
    ).toMatchObject({
      statusCode: 400,
    });
  });
});

describe('a deleted certificate', () => {
  it('blocks its name, keeps its key and secret away, and comes back whole', async () => {
    const { properties } = await vault.issue('deleted');
    const poller = await vault.client.beginDeleteCertificate('deleted', poll);
    const deleted = await poller.pollUntilDone();
    expect(deleted.recoveryId).toBe(`${running.vaultUrl}/deletedcertificates/deleted`);
    expect(deleted.scheduledPurgeDate?.getTime()).toBeGreaterThan(deleted.deletedOn?.getTime() ?? 0);
    expect(await refusalOf(vault.client.getCertificate('deleted'))).toMatchObject({
      statusCode: 404,
      code: 'CertificateNotFound',
    });
    expect(await refusalOf(vault.secrets.getSecret('deleted'))).toMatchObject({ statusCode: 404 });
    expect(await refusalOf(vault.client.beginCreateCertificate('deleted', unknownEc, poll))).toMatchObject({
      statusCode: 409,
    });

    const recovery = await vault.client.beginRecoverDeletedCertificate('deleted', poll);
    await recovery.pollUntilDone();
    expect((await vault.client.getCertificate('deleted')).properties.id).toBe(properties.id);
    expect(await vault.pemOf('deleted')).toContain('PRIVATE KEY');
  });

  it('is gone for good when it is purged, and its name is free', async () => {
    const before = await vault.issue('purged');
    await (await vault.client.beginDeleteCertificate('purged', poll)).pollUntilDone();
    await vault.client.purgeDeletedCertificate('purged');
    expect(await refusalOf(vault.client.getDeletedCertificate('purged'))).toMatchObject({ statusCode: 404 });
    await vault.issue('purged');
    const version = before.properties.version ?? '';
    expect(await refusalOf(vault.client.getCertificateVersion('purged', version))).toMatchObject({
      statusCode: 404,
    });
  });
});

describe('the list of certificates', () => {
  it('comes in pages of the size that is asked for, without those that are only pending', async () => {
    const other = new CertificateClient(running.vault.urlOf('other'), running.credential);
    const policy: CertificatePolicy = { ...unknownEc, issuerName: 'Self' };
    for (let index = 0; index < 27; index += 1)
      await (
        await other.beginCreateCertificate(`c-${String(index).padStart(2, '0')}`, policy, poll)
      ).pollUntilDone();
    await other.beginCreateCertificate('pending', unknownEc, poll);

    const names: string[] = [];
    for await (const { name } of other.listPropertiesOfCertificates()) names.push(name ?? '');
    expect(names).toHaveLength(27);
    expect(names).toEqual([...names].sort());
    const all: string[] = [];
    for await (const { name } of other.listPropertiesOfCertificates({ includePending: true }))
      all.push(name ?? '');
    expect(all).toHaveLength(28);
  });
});
