import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { leaseFlows } from '../support/crash/lease-flows.ts';
import type { CrashFlow } from '../support/crash/suite.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';

/** What each service says when it is away for a moment. */
const away: Readonly<Record<string, () => AppError>> = {
  store: () => new AppError('store_unavailable', '429 from Cosmos'),
  bus: () => new AppError('message_bus_unavailable', '503 from Service Bus'),
  roles: () => new AppError('access_undecided', 'Azure Resource Manager does not answer'),
  roleAssigner: () => new AppError('resource_manager_unavailable', '500', { retryAfterMs: 7_000 }),
  secrets: () => new AppError('key_vault_unavailable', '503 from Key Vault'),
};

/** Runs it; `trouble` sees every call of a port that an activity makes, from 1, and may fail it. */
async function run(flow: CrashFlow, trouble: (method: string, call: number) => void): Promise<void> {
  const app: DurableApp = await openDurableApp();
  try {
    await flow.prepare?.(app);
    app.activities.length = 0;
    let calls = 0;
    app.faults.watch((method) => {
      // That is memory, which is never away.
      if (app.activities.length > 0 && method !== 'roles.forget') trouble(method, (calls += 1));
    });
    await app.host.waitForCompletion(await flow.begin(app), { timeoutMs: 20_000 });
    app.faults.watch(undefined);
    await flow.expectDone(app);
  } finally {
    await app.close();
  }
}

for (const flow of leaseFlows)
  describe(`${flow.title}, while a service is away for a moment`, async () => {
    const methods: string[] = [];
    await run(flow, (method) => void methods.push(method));
    const points = methods
      .map((method, index) => ({ method, call: index + 1 }))
      .filter(({ method }) => Object.hasOwn(away, method.split('.')[0] ?? ''));

    it('calls them often enough for this to mean something', () => {
      expect(points.length).toBeGreaterThan(30);
      expect(new Set(points.map(({ method }) => method.split('.')[0])).size).toBeGreaterThanOrEqual(3);
    });

    it.each(points)('ends the same when call $call fails twice, $method', async ({ call }) => {
      let left = 2;
      await run(flow, (method, at) => {
        if (at < call || left === 0) return;
        left -= 1;
        const failure = away[method.split('.')[0] ?? ''];
        if (failure) throw failure();
      });
      expect(left).toBe(0);
    });
  });
