import { describe, expect, it } from 'vitest';
import { createRecentChecks } from '#agent/recent-checks.ts';
import type { HostCheck } from '#shared/domain/host-check.ts';

describe('the last checks', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  function startChecks(results: HostCheck[][]) {
    let now = 0;
    const told: (readonly HostCheck[])[] = [];
    const checks = createRecentChecks({
      check: async () => results.shift() ?? [],
      now: () => now,
      onChecked: (found) => void told.push(found),
    });
    return { checks, told, pass: (ms: number) => (now += ms) };
  }
  const well: HostCheck[] = [{ id: 'service', ok: true, found: 'runs' }];
  const amiss: HostCheck[] = [{ id: 'service', ok: false, found: 'stopped' }];

  it('are made once for a service that fails again and again', async () => {
    const { checks, told, pass } = startChecks([amiss, well]);
    checks.again();
    checks.again();
    await settle();
    pass(29_999);
    checks.again();
    await settle();
    expect(told).toEqual([amiss]);
    pass(1);
    checks.again();
    await settle();
    expect(checks.latest()).toEqual(well);
  });

  it('are repeated by themselves only while something is amiss', async () => {
    const { checks, told, pass } = startChecks([amiss, well, amiss]);
    checks.againIfAmiss();
    await settle();
    expect(told).toEqual([]);
    checks.again();
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      pass(60_000);
      checks.againIfAmiss();
    }
    expect(told).toEqual([amiss, well]);
  });
});
