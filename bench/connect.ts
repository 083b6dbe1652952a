import type { ApiClient } from '#local/main-job/api-client.ts';
import { type Summary, summarise } from './statistics.ts';

/** Answers of POST sessions, one after the other, in milliseconds. Each was tried through the proxy to the machine. */
export async function measureConnect(client: ApiClient, machineId: string, count: number): Promise<Summary> {
  const took: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const began = performance.now();
    await client.connect(machineId);
    took.push(performance.now() - began);
  }
  return summarise(took);
}
