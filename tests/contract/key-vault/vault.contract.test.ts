import { randomBytes } from 'node:crypto';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { CertificateClient } from '@azure/keyvault-certificates';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf, startVault } from './running-vault.ts';

interface Subject {
  url: string;
  credential: TokenCredential;
  stop(): Promise<void>;
}

/** Opt-in: `ADMIN_CENTER_TEST_VAULT_URL=https://<name>.vault.azure.net`; what is made there is deleted and purged. */
const azureUrl = process.env['ADMIN_CENTER_TEST_VAULT_URL'];

const subjects: [string, () => Promise<Subject>][] = [
  [
    'the stand-in',
    async () => {
      const running = await startVault();
      return { url: running.vaultUrl, credential: running.credential, stop: running.stop };
    },
  ],
];
if (azureUrl)
  subjects.push([
    'Azure',
    () =>
      Promise.resolve({
        url: azureUrl,
        credential: new DefaultAzureCredential(),
        stop: () => Promise.resolve(),
      }),
  ]);

describe.each(subjects)('a vault of %s', (_, open) => {
  let subject: Subject;
  const name = `contract-${randomBytes(4).toString('hex')}`;
  beforeAll(async () => {
    subject = await open();
  });
  afterAll(() => subject.stop());

  // learn.microsoft.com/azure/key-vault/general/soft-delete-overview
  it('keeps the name of a deleted secret until it is purged', async () => {
    const client = new SecretClient(subject.url, subject.credential);
    await client.setSecret(name, 'value');
    await (await client.beginDeleteSecret(name)).pollUntilDone();
    expect(await refusalOf(client.setSecret(name, 'again'))).toMatchObject({ statusCode: 409 });
    await client.purgeDeletedSecret(name);
  });

  // learn.microsoft.com/rest/api/keyvault/keys/rotate-key
  it('answers the newest version of a rotated key, and signs with the old one', async () => {
    const client = new KeyClient(subject.url, subject.credential);
    const first = await client.createEcKey(name);
    const second = await client.rotateKey(name);
    expect((await client.getKey(name)).id).toBe(second.id);
    const old = client.getCryptographyClient(name, { keyVersion: first.properties.version ?? '' });
    expect((await old.sign('ES256', Buffer.alloc(32, 1))).result).toHaveLength(64);
    await (await client.beginDeleteKey(name)).pollUntilDone();
    await client.purgeDeletedKey(name);
  });

  // learn.microsoft.com/azure/key-vault/certificates/about-certificates and .../rest/api/keyvault/certificates/import-certificate
  it('imports what it gave out as PKCS#12, under another name', async () => {
    const client = new CertificateClient(subject.url, subject.credential);
    const secrets = new SecretClient(subject.url, subject.credential);
    const [made, brought] = [`${name}-made`, `${name}-brought`];
    const poller = await client.beginCreateCertificate(made, { issuerName: 'Self', subject: 'CN=contract' });
    const { cer } = await poller.pollUntilDone();
    const file = Buffer.from((await secrets.getSecret(made)).value ?? '', 'base64');
    expect((await client.importCertificate(brought, file)).cer).toEqual(cer);
    for (const one of [made, brought]) {
      await (await client.beginDeleteCertificate(one)).pollUntilDone();
      await client.purgeDeletedCertificate(one);
    }
  });

  // learn.microsoft.com/azure/key-vault/certificates/about-certificates#composition-of-a-certificate
  it('keeps the secret of a certificate’s name for the certificate, and one beside it free', async () => {
    const client = new CertificateClient(subject.url, subject.credential);
    const secrets = new SecretClient(subject.url, subject.credential);
    const [owner, beside] = [`${name}-owner`, `${name}-owner-chain`];
    const policy = { issuerName: 'Self', subject: 'CN=contract' };
    await (await client.beginCreateCertificate(owner, policy)).pollUntilDone();
    const { statusCode } = await refusalOf(secrets.setSecret(owner, 'value'));
    expect([403, 409]).toContain(statusCode);
    await secrets.setSecret(beside, 'value');
    await (await client.beginDeleteCertificate(owner)).pollUntilDone();
    await client.purgeDeletedCertificate(owner);
    await (await secrets.beginDeleteSecret(beside)).pollUntilDone();
    await secrets.purgeDeletedSecret(beside);
  });

  // Recorded in the client's own repository: recording_can_read_cancel_and_delete_a_certificates_operation.
  it('leaves an empty version of a name whose only operation was deleted', async () => {
    const client = new CertificateClient(subject.url, subject.credential);
    const abandoned = `${name}-abandoned`;
    await client.beginCreateCertificate(abandoned, { issuerName: 'Unknown', subject: 'CN=contract' });
    await client.deleteCertificateOperation(abandoned);
    expect(await refusalOf(client.getCertificateOperation(abandoned))).toMatchObject({
      statusCode: 404,
      code: 'PendingCertificateNotFound',
    });
    const left = await client.getCertificate(abandoned);
    expect(left.cer).toBeUndefined();
    expect(left.properties.enabled).toBe(false);
    await (await client.beginDeleteCertificate(abandoned)).pollUntilDone();
    await client.purgeDeletedCertificate(abandoned);
  });

  // Recorded there too: recording_can_create_read_and_delete_a_certificate_issuer.
  it('has a certificate of a test issuer in progress under a policy that renews it, and knows no other', async () => {
    const client = new CertificateClient(subject.url, subject.credential);
    const issued = `${name}-issued`;
    await client.createIssuer(issued, 'Test', { accountId: 'keyvaultuser' });
    await client.beginCreateCertificate(issued, { issuerName: issued, subject: 'CN=contract' });
    expect((await client.getCertificatePolicy(issued)).lifetimeActions).toMatchObject([
      { action: 'AutoRenew', lifetimePercentage: 80 },
    ]);
    await client.deleteCertificateOperation(issued);
    await client.deleteIssuer(issued);
    expect(await refusalOf(client.getIssuer(issued))).toMatchObject({
      statusCode: 404,
      code: 'CertificateIssuerNotFound',
    });
    await (await client.beginDeleteCertificate(issued)).pollUntilDone();
    await client.purgeDeletedCertificate(issued);
  });
});
