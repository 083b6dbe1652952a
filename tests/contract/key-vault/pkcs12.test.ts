import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CertificatePolicy } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPkcs12 } from '#local/key-vault/pkcs12.ts';
import { createIssuance, poll, unknownEc } from './issuance.ts';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

// Sources: learn.microsoft.com/azure/key-vault/certificates/about-certificates ("Exportable or nonexportable key",
// "Composition of a certificate") and .../rest/api/keyvault/certificates/import-certificate, .../secrets/get-secret.

let running: RunningVault;
let vault: Awaited<ReturnType<typeof createIssuance>>;

beforeAll(async () => {
  running = await startVault();
  vault = await createIssuance(running);
});
afterAll(() => running.stop());

const pfx: CertificatePolicy = { ...unknownEc, contentType: 'application/x-pkcs12' };
const rsaPfx: CertificatePolicy = { ...pfx, keyType: 'RSA', keySize: 2048 };
delete rsaPfx.keyCurveName;

const fileOf = async (name: string) =>
  Buffer.from((await vault.secrets.getSecret(name)).value ?? '', 'base64');

describe('a certificate in PKCS#12', () => {
  it.each([
    ['RSA', rsaPfx],
    ['EC', pfx],
  ])('of %s is read as one file with key and chain, without a password', async (kind, policy) => {
    const name = `read-${kind}`;
    const { cer } = await vault.issue(name, policy);
    const secret = await vault.secrets.getSecret(name);
    expect(secret.properties.contentType).toBe('application/x-pkcs12');
    const { privateKey, certificates } = readPkcs12(Buffer.from(secret.value ?? '', 'base64'), '');
    expect(certificates).toEqual([Buffer.from(cer ?? []), vault.authority.certificate]);
    const [leaf] = certificates;
    expect(new X509Certificate(leaf ?? '').checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect((await vault.secrets.getSecret(name)).value).toBe(secret.value);
  });

  it('comes without its key when that may not leave', async () => {
    await vault.issue('kept', { ...pfx, exportable: false });
    const file = await fileOf('kept');
    expect(() => readPkcs12(file, '')).toThrow(/one key/);
    expect(file.includes(vault.authority.certificate)).toBe(true);
  });

  it('is turned into PEM when asked for, and PEM into nothing else', async () => {
    await vault.issue('turned', pfx);
    const read = async (name: string, type: string) => {
      const query = new URLSearchParams({ 'api-version': '2026-04-01', outContentType: type });
      const headers = { authorization: `Bearer ${await running.mintToken()}` };
      const reply = await fetch(`${running.vaultUrl}/secrets/${name}?${query}`, { headers });
      return { status: reply.status, body: (await reply.json()) as { value?: string; contentType?: string } };
    };
    const { body } = await read('turned', 'application/x-pem-file');
    expect(body.contentType).toBe('application/x-pem-file');
    expect(body.value).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    await vault.issue('is-pem');
    expect((await read('is-pem', 'application/x-pkcs12')).status).toBe(400);
  });

  it.each([
    ['RSA', rsaPfx],
    ['EC', pfx],
  ])('of %s is imported, and is whole under its new name', async (kind, policy) => {
    await vault.issue(`source-${kind}`, policy);
    const file = await fileOf(`source-${kind}`);
    const imported = await vault.client.importCertificate(`imported-${kind}`, file);
    expect(imported.policy).toMatchObject({ keyType: kind, contentType: 'application/x-pkcs12' });
    expect(readPkcs12(await fileOf(`imported-${kind}`), '')).toEqual(readPkcs12(file, ''));
  });

  it('is refused with a wrong password, and as PEM', async () => {
    await vault.issue('refused', pfx);
    const file = await fileOf('refused');
    const wrong = vault.client.importCertificate('wrong', file, { password: 'guess' });
    expect(await refusalOf(wrong)).toMatchObject({ statusCode: 400, code: 'BadParameter' });
    const policy = { contentType: 'application/x-pem-file' as const };
    const asPem = vault.client.importCertificate('as-pem', file, { policy });
    expect(await refusalOf(asPem)).toMatchObject({ statusCode: 400 });
  });

  it('that asks for too many iterations is refused before they are counted', async () => {
    const file = await fileOf('source-RSA');
    expect(file.subarray(-4)).toEqual(Buffer.from([2, 2, 0x08, 0x00]));
    const greedy = Buffer.concat([file.subarray(0, -4), Buffer.from([2, 2, 0x7f, 0xff])]);
    expect(() => readPkcs12(greedy, '')).toThrow('too many iterations');
  });
});

it('is created by the service itself as PKCS#12 of RSA when the policy says nothing', async () => {
  const policy: CertificatePolicy = { issuerName: 'Self', subject: 'CN=plain' };
  await (await vault.client.beginCreateCertificate('plain', policy, poll)).pollUntilDone();
  expect(readPkcs12(await fileOf('plain'), '').certificates).toHaveLength(1);
});
