import { CertificateClient } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

// Shapes and refusals: learn.microsoft.com/rest/api/keyvault/certificates/set-certificate-issuer, and answers of the
// service that the client's own repository has on record.

let running: RunningVault;
let client: CertificateClient;

beforeAll(async () => {
  running = await startVault();
  client = new CertificateClient(running.vaultUrl, running.credential);
});
afterAll(() => running.stop());

const account = {
  accountId: 'keyvaultuser',
  password: 'not-to-be-shown',
  administratorContacts: [
    { firstName: 'Ada', lastName: 'Minister', email: 'admin@wac.localhost', phone: '4255555555' },
  ],
};

const idOf = (name: string) => `${running.vaultUrl}/certificates/issuers/${name}`;

describe('an issuer', () => {
  it('is kept with its account and its people, and never shows its password', async () => {
    await client.createIssuer('kept', 'Test', account);
    const { password, ...shown } = account;
    const found = await client.getIssuer('kept');
    expect(found).toMatchObject({ id: idOf('kept'), provider: 'Test', enabled: true, ...shown });
    const raw = await fetch(`${running.vaultUrl}/certificates/issuers/kept?api-version=7.5`, {
      headers: { authorization: `Bearer ${await running.mintToken()}` },
    });
    expect(await raw.text()).not.toContain(password);
  });

  it('is changed in what is said and keeps the rest', async () => {
    await client.createIssuer('changed', 'Test', { ...account, enabled: false });
    const changed = await client.updateIssuer('changed', { accountId: 'other' });
    expect(changed).toMatchObject({ provider: 'Test', accountId: 'other', enabled: false });
    expect((await client.updateIssuer('changed', { enabled: true })).enabled).toBe(true);
    expect((await client.getIssuer('CHANGED')).administratorContacts).toEqual(account.administratorContacts);
  });

  it('is gone when it is deleted', async () => {
    await client.createIssuer('gone', 'Test');
    expect(await client.deleteIssuer('gone')).toMatchObject({ id: idOf('gone'), provider: 'Test' });
    for (const call of [() => client.getIssuer('gone'), () => client.deleteIssuer('gone')])
      expect(await refusalOf(call())).toMatchObject({
        statusCode: 404,
        code: 'CertificateIssuerNotFound',
        message: 'Issuer not found',
      });
  });

  it.each(['DigiCert', 'GlobalSign', 'OneCertV2-PublicCA', 'Test'])(
    'may be of the provider %s',
    async (provider) => {
      const made = await client.createIssuer(`of-${provider}`, provider, { ...account, organizationId: '1' });
      expect(made.provider).toBe(provider);
    },
  );

  it('of an unknown provider is refused, and so is DigiCert without an organisation', async () => {
    expect(await refusalOf(client.createIssuer('stranger', 'Stranger'))).toMatchObject({ statusCode: 400 });
    expect(await refusalOf(client.createIssuer('no-organisation', 'DigiCert', account))).toMatchObject({
      statusCode: 400,
      code: 'BadParameter',
      message: 'Id in organization details is not set',
    });
  });

  it('survives a restart on the same file', async () => {
    await client.createIssuer('restarted', 'Test', account);
    await running.restart();
    expect((await client.getIssuer('restarted')).accountId).toBe(account.accountId);
  });
});

describe('the list of issuers', () => {
  it('has those of one vault, by name and page by page', async () => {
    const other = new CertificateClient(running.vault.urlOf('other'), running.credential);
    for (let index = 0; index < 27; index += 1)
      await other.createIssuer(`i-${String(index).padStart(2, '0')}`, 'Test');
    const ids: string[] = [];
    for await (const { id, provider } of other.listPropertiesOfIssuers()) {
      expect(provider).toBe('Test');
      ids.push(id ?? '');
    }
    expect(new Set(ids).size).toBe(27);
    expect(ids).toEqual([...ids].sort());
  });
});
