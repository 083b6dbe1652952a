import { describe, expect, it } from 'vitest';
import { readSettings } from '#functions/settings.ts';
import { environment } from '../../support/memory-ports.ts';

const faultsOf = (changes: Record<string, string | undefined>): string[] => {
  try {
    readSettings({ ...environment, ...changes });
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
};

describe('the settings', () => {
  it('are read with what is usual for the rest', () => {
    expect(readSettings({ ...environment })).toMatchObject({
      ADMIN_CENTER_ARM_ENDPOINT: 'https://management.azure.com',
      ADMIN_CENTER_DNS_SERVER_PORT: 53,
      ADMIN_CENTER_SESSION_PORT: 443,
      ADMIN_CENTER_PROXY_PRINCIPALS: ['proxy-identity'],
    });
  });

  it('may name several proxies', () => {
    const settings = readSettings({ ...environment, ADMIN_CENTER_PROXY_PRINCIPALS: 'one, two,,' });
    expect(settings.ADMIN_CENTER_PROXY_PRINCIPALS).toEqual(['one', 'two']);
  });

  it('are refused with every fault at once, by name and without the value', () => {
    const faults = faultsOf({
      ADMIN_CENTER_TENANT_ID: 'secret-value',
      ADMIN_CENTER_VAULT_URL: undefined,
      ADMIN_CENTER_SESSION_PORT: '70000',
      ADMIN_CENTER_SESION_PORT: '443',
    });
    expect(faults.map((fault) => fault.split(':')[0] ?? '').toSorted()).toEqual([
      'ADMIN_CENTER_SESION_PORT',
      'ADMIN_CENTER_SESSION_PORT',
      'ADMIN_CENTER_TENANT_ID',
      'ADMIN_CENTER_VAULT_URL',
    ]);
    expect(faults.join()).not.toContain('secret-value');
  });
});
