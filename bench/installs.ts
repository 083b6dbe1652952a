import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFunctionsHost } from '#local/functions-host/host.ts';
import { createHostLog } from '#local/functions-host/host-log.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { measureEpisodes } from './episodes.ts';

const appDirectory = fileURLToPath(new URL('../tests/fixtures/installs-app', import.meta.url));
const lookMs = 50;
const patienceMs = 10 * 60_000;

export interface InstallsResult {
  count: number;
  /** Until every start was acknowledged. */
  begunMs: number;
  /** Until the last install had ended. */
  endedMs: number;
  succeeded: number;
  /** Certificates that were issued: one for each. */
  issued: number;
  /** Of the host's process, at its highest. */
  hostMegabytes: number;
}

/**
 * Installs that begin at once, on the embedded host with its app process, its state on disk and the durable client over
 * HTTP. The ports of the app are in memory and the agents are simulated: this measures the host and not the twin.
 */
export async function measureInstalls(count: number): Promise<InstallsResult> {
  const folder = mkdtempSync(join(tmpdir(), 'installs-'));
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
    const began = performance.now();
    const body = JSON.stringify({ count });
    const begun = await fetch(`${host.origin}/installs`, { method: 'POST', body });
    if (!begun.ok) throw new Error(`the installs did not begin: ${begun.status}`);
    const begunMs = performance.now() - began;

    let hostMegabytes = 0;
    const live = `${host.origin}/runtime/webhooks/durabletask/instances/?runtimeStatus=Running,Pending&top=1`;
    for (;;) {
      hostMegabytes = Math.max(hostMegabytes, process.memoryUsage.rss() / 2 ** 20);
      const found = (await (await fetch(live)).json()) as unknown[];
      if (found.length === 0) break;
      if (performance.now() - began > patienceMs) throw new Error('the installs do not end');
      await sleep(lookMs);
    }
    const endedMs = performance.now() - began;
    const states = await fetch(`${host.origin}/installs`);
    const { states: all, issued } = (await states.json()) as { states: string[]; issued: number };
    const succeeded = all.filter((state) => state === 'succeeded').length;
    return { count, begunMs, endedMs, succeeded, issued, hostMegabytes };
  } finally {
    await host.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const count = Number(process.argv.slice(2).find((text) => /^\d+$/.test(text)) ?? 200);
  const installs = await measureInstalls(count);
  const episodes = await measureEpisodes([10, 100, 400]);
  console.log(JSON.stringify({ installs, episodes }, undefined, process.argv.includes('--json') ? 0 : 2));
}
