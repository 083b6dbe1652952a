import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

// Source of the throttled answer: learn.microsoft.com/azure/key-vault/general/overview-throttling.

let running: RunningVault;
let patient: SecretClient;
let impatient: SecretClient;

beforeAll(async () => {
  running = await startVault();
  patient = new SecretClient(running.vaultUrl, running.credential, { retryOptions: { retryDelayInMs: 1 } });
  impatient = new SecretClient(running.vaultUrl, running.credential, { retryOptions: { maxRetries: 0 } });
  await impatient.setSecret('s', 'value');
  await patient.getSecret('s');
});
afterEach(() => running.vault.faults.clear());
afterAll(() => running.stop());

describe('a client of a vault with a fault switched on', () => {
  it('sees the status in the service’s own shape', async () => {
    running.vault.faults.set('GetSecret', { status: 503, count: 1 });
    expect(await refusalOf(impatient.getSecret('s'))).toMatchObject({
      statusCode: 503,
      code: 'InjectedFault',
    });
  });

  it('waits as long as it is told when it is throttled, and comes again', async () => {
    running.vault.faults.set('GetSecret', { throttleMs: 0, count: 2 });
    running.vault.calls.reset();
    expect((await patient.getSecret('s')).value).toBe('value');
    expect(running.vault.calls.count('GetSecret')).toBe(3);
    running.vault.faults.set('GetSecret', { throttleMs: 1500, count: 1 });
    const headers = { authorization: `Bearer ${await running.mintToken()}` };
    const reply = await fetch(`${running.vaultUrl}/secrets/s?api-version=7.5`, { headers });
    expect(reply.status).toBe(429);
    expect(reply.headers.get('retry-after')).toBe('2');
    expect(await reply.json()).toMatchObject({ error: { code: 'Throttled' } });
  });

  it('comes again after a connection that was dropped, late or at once', async () => {
    running.vault.faults.set('GetSecret', { drop: true, delayMs: 20, count: 1 });
    running.vault.calls.reset();
    expect((await patient.getSecret('s')).value).toBe('value');
    expect(running.vault.calls.count('GetSecret')).toBe(2);
  });

  it('gives up on an answer that comes too late', async () => {
    running.vault.faults.set('GetSecret', { delayMs: 5_000, count: 1 });
    const abortSignal = AbortSignal.timeout(50);
    await expect(impatient.getSecret('s', { abortSignal })).rejects.toThrow(/abort/i);
  });

  it('is refused its good token by a clock that is fast, and by one that is slow', async () => {
    running.vault.faults.set('GetSecret', { skewMs: 2 * 3_600_000 });
    expect(await refusalOf(impatient.getSecret('s'))).toMatchObject({ statusCode: 401 });
  });

  it('finds a key expired by a clock that is fast', async () => {
    const keys = new KeyClient(running.vaultUrl, running.credential, { retryOptions: { maxRetries: 0 } });
    const { id = '' } = await keys.createEcKey('soon', {
      expiresOn: new Date(running.clock.now() + 60_000),
    });
    const crypto = keys.getCryptographyClient('soon', { keyVersion: id.split('/').at(-1) ?? '' });
    running.vault.faults.set('Sign', { skewMs: 120_000, count: 1 });
    expect(await refusalOf(crypto.sign('ES256', Buffer.alloc(32)))).toMatchObject({ statusCode: 403 });
    expect((await crypto.sign('ES256', Buffer.alloc(32))).result).toHaveLength(64);
  });
});

describe('somebody who looks into a vault', () => {
  it('finds operations, faults and names, and no value', () => {
    const { operations, faultKinds, inspect } = running.vault;
    expect(operations).toEqual(
      expect.arrayContaining(['Challenge', 'GetSecret', 'MergeCertificate', 'Sign']),
    );
    expect(faultKinds).toEqual(['status', 'delayMs', 'drop', 'throttleMs', 'skewMs']);
    const tables = inspect?.() ?? [];
    expect(tables.map(({ title }) => title)).toEqual([
      'Certificates',
      'Pending operations',
      'Keys',
      'Secrets',
    ]);
    expect(tables.at(-1)?.rows).toEqual([['local', 's', 'enabled', '', 1, 'no']]);
    expect(JSON.stringify(tables)).not.toMatch(/value"|PRIVATE KEY/);
  });
});
