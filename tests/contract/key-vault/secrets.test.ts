import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

let running: RunningVault;
let client: SecretClient;

beforeAll(async () => {
  running = await startVault();
  client = new SecretClient(running.vaultUrl, running.credential);
});
afterAll(() => running.stop());

const poll = { intervalInMs: 1 };

describe('a secret', () => {
  it('keeps value, content type, tags and dates, and answers the newest version', async () => {
    const expiresOn = new Date(Math.floor(running.clock.now() / 1000) * 1000 + 86_400_000);
    const first = await client.setSecret('name-key', 'one', {
      contentType: 'text/plain',
      tags: { use: 'names' },
      expiresOn,
    });
    const second = await client.setSecret('name-key', 'two');
    expect(await client.getSecret('name-key')).toMatchObject({ value: 'two', name: 'name-key' });
    const old = await client.getSecret('name-key', { version: first.properties.version ?? '' });
    expect(old.value).toBe('one');
    expect(old.properties).toMatchObject({ contentType: 'text/plain', tags: { use: 'names' }, expiresOn });
    const versions: string[] = [];
    for await (const { version } of client.listPropertiesOfSecretVersions('name-key'))
      versions.push(version ?? '');
    expect(versions).toEqual([first.properties.version, second.properties.version]);
  });

  it('is found by its name in any case', async () => {
    await client.setSecret('Mixed-Case', 'value');
    expect((await client.getSecret('mixed-case')).value).toBe('value');
  });

  it('is not given out while it is disabled', async () => {
    const { properties } = await client.setSecret('off', 'value');
    await client.updateSecretProperties('off', properties.version ?? '', { enabled: false });
    expect(await refusalOf(client.getSecret('off'))).toMatchObject({ statusCode: 403, code: 'Forbidden' });
  });

  it('is refused above 25 KiB', async () => {
    expect(await refusalOf(client.setSecret('large', 'x'.repeat(25 * 1024 + 1)))).toMatchObject({
      statusCode: 400,
      code: 'BadParameter',
    });
    expect((await client.setSecret('full', 'x'.repeat(25 * 1024))).name).toBe('full');
  });

  it('blocks its name after deletion until it is recovered or purged', async () => {
    await client.setSecret('gone', 'value');
    await (await client.beginDeleteSecret('gone', poll)).pollUntilDone();
    expect(await refusalOf(client.getSecret('gone'))).toMatchObject({
      statusCode: 404,
      code: 'SecretNotFound',
    });
    expect(await refusalOf(client.setSecret('gone', 'new'))).toMatchObject({
      statusCode: 409,
      code: 'Conflict',
    });
    const deleted: string[] = [];
    for await (const { name } of client.listDeletedSecrets()) deleted.push(name);
    expect(deleted).toEqual(['gone']);

    await (await client.beginRecoverDeletedSecret('gone', poll)).pollUntilDone();
    expect((await client.getSecret('gone')).value).toBe('value');
    await (await client.beginDeleteSecret('gone', poll)).pollUntilDone();
    await client.purgeDeletedSecret('gone');
    expect((await client.setSecret('gone', 'new')).value).toBe('new');
  });

  it('is purged by itself when its ninety days of recovery are over', async () => {
    await client.setSecret('ninety-days', 'value');
    await (await client.beginDeleteSecret('ninety-days', poll)).pollUntilDone();
    const token = await running.mintToken({ lifetimeSeconds: 100 * 86_400 });
    const ask = () =>
      fetch(`${running.vaultUrl}/deletedsecrets/ninety-days?api-version=7.4`, {
        headers: { authorization: `Bearer ${token}` },
      });
    running.clock.advance(90 * 86_400_000 - 60_000);
    expect((await ask()).status).toBe(200);
    running.clock.advance(120_000);
    expect((await ask()).status).toBe(404);
  });
});

describe('the list of secrets', () => {
  it('gives every name once over its pages', async () => {
    const other = new SecretClient(running.vault.urlOf('other'), running.credential);
    const wanted = Array.from({ length: 30 }, (_, index) => `s-${String(index).padStart(2, '0')}`);
    for (const name of wanted) await other.setSecret(name, name);
    const sizes: number[] = [];
    const names: string[] = [];
    for await (const page of other.listPropertiesOfSecrets().byPage({ maxPageSize: 12 })) {
      sizes.push(page.length);
      names.push(...page.map(({ name }) => name));
    }
    expect(sizes).toEqual([12, 12, 6]);
    expect(names).toEqual(wanted);
  });
});
