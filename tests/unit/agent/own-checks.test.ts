import { describe, expect, it } from 'vitest';
import { withLatest } from '#agent/self-check.ts';
import type { CapturedHost } from '../../support/captured-host.ts';
import { checkHost, find, reached, say } from './check-host.ts';

describe('checks beside the documented ones, and what is found since', () => {
  it('requirement 114: what was tried since takes the place of what was found then', async () => {
    const latest = { outbound: undefined, manual: { state: 'none' }, listener: undefined } as const;
    const checks = withLatest(await checkHost(), latest);
    expect(find(checks, 'outbound')).toEqual({ id: 'outbound', ok: null, found: 'nothing was tried yet' });
    const now = withLatest(checks, { ...latest, outbound: reached });
    expect(now.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
    expect(find(now, 'outbound')?.ok).toBe(true);
  });

  it('requirement 54: a Windows Admin Center that nobody agreed to lose is amiss', async () => {
    expect(await say('manual-install', { handlers: [] })).toEqual({
      id: 'manual-install',
      ok: false,
      found: 'a Windows Admin Center that no extension installed: to install one replaces it',
      next: 'nothing is forwarded to it; to lose it, install again and agree to that',
    });
  });

  it('tell where the agent listens, or why it does not', async () => {
    const at = '10.0.0.4:6516';
    expect(find(await checkHost(), 'listener')).toBeUndefined();
    expect(find(await checkHost({}, { listener: { at } }), 'listener')).toEqual({
      id: 'listener',
      ok: true,
      found: 'the agent listens on 10.0.0.4:6516',
    });
    const taken = { at, failure: 'the port is taken by another program' };
    expect(find(await checkHost({}, { listener: taken }), 'listener')).toEqual({
      id: 'listener',
      ok: false,
      found: 'the agent cannot listen on 10.0.0.4:6516: the port is taken by another program',
      next: 'free the port, or install again with another',
    });
  });

  it('tell of a Windows Admin Center that no extension brought', async () => {
    const ids = async (changes: CapturedHost) => (await checkHost(changes)).map(({ id }) => id);
    expect(await ids({ handlers: [] })).toContain('manual-install');
    expect(await ids({ handlers: [], service: 'sc-denied' })).toContain('manual-install');
    expect(await ids({ handlers: ['Microsoft.AdminCenter.AdminCenter.1.0'] })).not.toContain(
      'manual-install',
    );
    expect(await ids({ handlers: 'denied' })).not.toContain('manual-install');
    expect(
      await ids({
        handlers: [],
        service: 'sc-absent',
        port: 'reg-failed',
        parentKey: 'reg-parent-without',
      }),
    ).not.toContain('manual-install');
  });
});
