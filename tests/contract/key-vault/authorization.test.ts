import { statSync } from 'node:fs';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

const readerId = '00000000-0000-4000-8000-0000000000ee';
let running: RunningVault;

beforeAll(async () => {
  running = await startVault({
    mayUse: ({ oid }, operation) => oid !== readerId || operation.startsWith('Get'),
  });
});
afterAll(() => running.stop());

interface Refusal {
  error: { code: string; message: string; innererror?: { code: string } };
}

async function ask(path: string, init: RequestInit & { token?: string } = {}) {
  const { token = await running.mintToken(), ...rest } = init;
  const response = await fetch(running.vaultUrl + path, {
    ...rest,
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  return { response, body: (await response.json()) as Refusal };
}

describe('the first request of a client', () => {
  it('is answered with the authority and the resource to ask a token for', async () => {
    const { response, body } = await ask('/secrets/x?api-version=7.5', { token: '' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer authorization="https://login.localhost/00000000-0000-4000-8000-00000000000a", resource="https://vault.localhost"',
    );
    expect(body.error.code).toBe('Unauthorized');
  });

  it('is counted apart from the operation, and one token does for the rest', async () => {
    running.vault.calls.reset();
    running.scopes.length = 0;
    const client = new SecretClient(running.vaultUrl, running.credential);
    await client.setSecret('counted', 'value');
    await client.getSecret('counted');
    expect(running.vault.calls.all()).toEqual({ Challenge: 1, GetSecret: 1, SetSecret: 1 });
    expect(running.scopes).toEqual(['https://vault.localhost/.default']);
  });
});

describe('a token', () => {
  it.each([
    ['for another audience', { audience: 'https://management.azure.com' }],
    ['that expired', { lifetimeSeconds: -60 }],
  ])('%s is refused', async (_, claims) => {
    const token = await running.mintToken(claims);
    const { response, body } = await ask('/secrets/x?api-version=7.5', { token });
    expect(response.status).toBe(401);
    expect(body.error.code).toBe('Unauthorized');
  });

  it('of another signer is refused', async () => {
    const [header, claims] = (await running.mintToken()).split('.');
    const { response } = await ask('/secrets/x?api-version=7.5', { token: `${header}.${claims}.AAAA` });
    expect(response.status).toBe(401);
  });

  it('of a caller without the right is forbidden, and says which operation', async () => {
    const token = await running.mintToken({ oid: readerId });
    const { response, body } = await ask('/secrets/x?api-version=7.5', { method: 'PUT', body: '{}', token });
    expect(response.status).toBe(403);
    expect(body.error).toMatchObject({ code: 'Forbidden', innererror: { code: 'ForbiddenByRbac' } });
    expect(body.error.message).toContain('SetSecret');
  });
});

describe('a request that the vault does not take', () => {
  it.each([
    ['without api-version', 'GET', '/secrets/x', undefined, 400, 'api-version'],
    ['of an unknown api-version', 'GET', '/secrets/x?api-version=1.0', undefined, 400, '1.0'],
    ['with a name of other characters', 'GET', '/secrets/a_b?api-version=7.5', undefined, 400, 'a_b'],
    ['with a body that is not JSON', 'PUT', '/secrets/x?api-version=7.5', '{', 400, 'JSON'],
    ['with a field of the wrong type', 'PUT', '/secrets/x?api-version=7.5', '{"value":1}', 400, 'value'],
    ['for too large a page', 'GET', '/secrets?api-version=7.5&maxresults=26', undefined, 400, 'maxresults'],
    [
      'of an operation that the stand-in lacks',
      'POST',
      '/secrets/x/backup?api-version=7.5',
      '{}',
      501,
      'BackupSecret',
    ],
    ['of no operation at all', 'GET', '/storage/x?api-version=7.5', undefined, 501, '/storage/x'],
  ])('%s is refused by name', async (_, method, path, body, status, word) => {
    const answer = await ask(path, { method, ...(body !== undefined && { body }) });
    expect(answer.response.status).toBe(status);
    expect(answer.body.error.message).toContain(word);
  });

  it('at a host that is no vault is refused', async () => {
    const response = await fetch(`https://127.0.0.1:${running.vault.port}/secrets/x?api-version=7.5`);
    expect(response.status).toBe(404);
  });
});

describe('one vault', () => {
  it('does not see the secrets of another', async () => {
    await new SecretClient(running.vaultUrl, running.credential).setSecret('mine', 'value');
    const other = new SecretClient(running.vault.urlOf('other'), running.credential);
    expect(await refusalOf(other.getSecret('mine'))).toMatchObject({ statusCode: 404 });
  });

  it('keeps its file to its owner', () => {
    for (const suffix of ['', '-wal']) expect(statSync(running.file + suffix).mode & 0o777).toBe(0o600);
  });

  it('is throttled by a fault that is switched on, and the client comes again', async () => {
    const client = new SecretClient(running.vaultUrl, running.credential, {
      retryOptions: { retryDelayInMs: 1 },
    });
    await client.setSecret('throttled', 'value');
    running.vault.calls.reset();
    running.vault.faults.set('GetSecret', { status: 429, count: 1 });
    expect((await client.getSecret('throttled')).value).toBe('value');
    expect(running.vault.calls.count('GetSecret')).toBe(2);
  });
});
