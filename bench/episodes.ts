import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as df from 'durable-functions';
import { createInProcessHost } from '#local/functions-host/in-process-host.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

export interface EpisodesResult {
  /** Activities of one orchestration, one after the other: as many episodes and one. */
  steps: number;
  millisecondsPerEpisode: number;
}

function register(): void {
  df.app.activity('benchStep', { handler: (input: { n: number }) => input });
  df.app.orchestration('benchSteps', function* (context) {
    const { steps } = context.df.getInput() as { steps: number };
    for (let n = 0; n < steps; n += 1) yield context.df.callActivity('benchStep', { n });
    return { steps };
  });
}

/** What a step of an orchestration costs on the engine, with its state on disk and no process in between. */
export async function measureEpisodes(lengths: readonly number[]): Promise<EpisodesResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'episodes-'));
  const store = openStore(join(folder, 'state.db'));
  const host = await createInProcessHost({ register, clock: systemClock, store });
  try {
    const results: EpisodesResult[] = [];
    for (const steps of [10, ...lengths]) {
      const began = performance.now();
      const id = await host.start('benchSteps', { input: { steps } });
      const { runtimeStatus } = await host.waitForCompletion(id, { timeoutMs: 120_000 });
      if (runtimeStatus !== 'Completed') throw new Error(`the orchestration ended ${runtimeStatus}`);
      results.push({ steps, millisecondsPerEpisode: (performance.now() - began) / (steps + 1) });
    }
    // The first run pays for code that is loaded once.
    return results.slice(1);
  } finally {
    await host.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
