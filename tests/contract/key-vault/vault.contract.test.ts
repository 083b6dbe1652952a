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
});
