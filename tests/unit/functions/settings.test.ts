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

  it('requirement 19: name the regions that are served, or none for every region', () => {
    expect(readSettings({ ...environment }).ADMIN_CENTER_REGIONS).toBeUndefined();
    const named = readSettings({ ...environment, ADMIN_CENTER_REGIONS: 'West Europe, northeurope,' });
    expect(named.ADMIN_CENTER_REGIONS).toEqual(['westeurope', 'northeurope']);
    expect(faultsOf({ ADMIN_CENTER_REGIONS: ' , ' })).toEqual([
      'ADMIN_CENTER_REGIONS: must name at least one region',
    ]);
  });

  it('requirement 20: name the least Arc agent, which is that of the matrix otherwise', () => {
    expect(readSettings({ ...environment }).ADMIN_CENTER_ARC_AGENT_MINIMUM).toBe('1.13.21320.014');
    const named = readSettings({ ...environment, ADMIN_CENTER_ARC_AGENT_MINIMUM: '1.50' });
    expect(named.ADMIN_CENTER_ARC_AGENT_MINIMUM).toBe('1.50');
    expect(faultsOf({ ADMIN_CENTER_ARC_AGENT_MINIMUM: 'latest' })).toEqual([
      'ADMIN_CENTER_ARC_AGENT_MINIMUM: must be dotted numbers, like 1.13.21320.014',
    ]);
  });

  it('leave machines and certificates that are given up their time', () => {
    expect(readSettings({ ...environment })).toMatchObject({
      ADMIN_CENTER_ORPHANS: 'remove',
      ADMIN_CENTER_ORPHAN_GRACE_HOURS: 72,
      ADMIN_CENTER_ORPHAN_SHARE: 20,
      ADMIN_CENTER_CERTIFICATE_GRACE_DAYS: 7,
    });
    const faults = faultsOf({
      ADMIN_CENTER_ORPHANS: 'maybe',
      ADMIN_CENTER_ORPHAN_GRACE_HOURS: '-1',
      ADMIN_CENTER_ORPHAN_SHARE: '0',
      ADMIN_CENTER_CERTIFICATE_GRACE_DAYS: 'never',
    });
    expect(faults).toHaveLength(4);
  });

  it('requirement 25: have no place for a feed of extensions', () => {
    expect(faultsOf({ ADMIN_CENTER_EXTENSION_FEED: 'https://feed.test' })).toEqual([
      'ADMIN_CENTER_EXTENSION_FEED: unknown variable',
    ]);
  });
});
