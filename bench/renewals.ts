import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startFunctionsHost } from '#local/functions-host/host.ts';
import { createHostLog } from '#local/functions-host/host-log.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { childrenOf, cpuOfTree, residentOfTree } from './process-times.ts';

const appDirectory = fileURLToPath(new URL('../tests/fixtures/renewals-app', import.meta.url));
const lookMs = 100;
const patienceMs = 10 * 60_000;
const repliedStates = z.object({ states: z.array(z.string()), issued: z.number() });

/** Megabytes. The app's process holds the ports in memory too: what they hold is in its figure. */
interface Memory {
  host: number;
  app: number;
}

interface RenewalsResult {
  count: number;
  succeeded: number;
  issued: number;
  endedMs: number;
  before: Memory;
  peak: Memory;
  /** Processor milliseconds of one renewal, of host and app; nothing of it is a stand-in or an agent. */
  cpu: { host: number; app: number };
}

/**
 * Renewals that begin at once, on the embedded host with its app process and its state on disk. The ports are in memory
 * and the agents simulated: what is measured is the host and the flow, not the wires.
 */
async function measureRenewals(count: number): Promise<RenewalsResult> {
  const folder = mkdtempSync(join(tmpdir(), 'renewals-'));
  const store = openStore(join(folder, 'state.db'));
  const host = await startFunctionsHost({
    appDirectory,
    port: 0,
    store,
    clock: systemClock,
    env: process.env,
    log: createHostLog({ write: (line) => console.error(line), now: Date.now, quiet: true }),
    openAdmin: true,
  });
  try {
    const [app] = childrenOf(process.pid);
    if (app === undefined) throw new Error('the app has no process of its own');
    const memory = (): Memory => ({
      host: process.memoryUsage.rss() / 2 ** 20,
      app: residentOfTree(app).withChildren,
    });
    const cpu = () => {
      const { user, system } = process.cpuUsage();
      return { host: (user + system) / 1000, app: cpuOfTree(app) };
    };
    const ask = async (init?: RequestInit) => {
      const response = await fetch(`${host.origin}/renewals`, init);
      if (!response.ok) throw new Error(`the renewals answered ${response.status}: ${await response.text()}`);
      return response.json() as Promise<unknown>;
    };

    const before = memory();
    const peak = { ...before };
    const began = performance.now();
    const cpuBefore = cpu();
    await ask({ method: 'POST', body: JSON.stringify({ count }) });
    const live = `${host.origin}/runtime/webhooks/durabletask/instances/?runtimeStatus=Running,Pending&top=1`;
    for (;;) {
      const now = memory();
      peak.host = Math.max(peak.host, now.host);
      peak.app = Math.max(peak.app, now.app);
      const found = (await (await fetch(live)).json()) as unknown[];
      if (found.length === 0) break;
      if (performance.now() - began > patienceMs) throw new Error('the renewals do not end');
      await sleep(lookMs);
    }
    const endedMs = performance.now() - began;
    const cpuAfter = cpu();
    const { states, issued } = repliedStates.parse(await ask());
    return {
      count,
      succeeded: states.filter((state) => state === 'succeeded').length,
      issued,
      endedMs,
      before,
      peak,
      cpu: { host: (cpuAfter.host - cpuBefore.host) / count, app: (cpuAfter.app - cpuBefore.app) / count },
    };
  } finally {
    await host.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const count = Number(/\d+$/.exec(process.argv.find((text) => text.startsWith('--count=')) ?? '')?.[0] ?? 500);
const renewals = await measureRenewals(count);
console.log(JSON.stringify({ renewals }, undefined, process.argv.includes('--json') ? 0 : 2));
