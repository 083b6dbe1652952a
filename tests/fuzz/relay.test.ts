import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHostileFrames } from '../contract/relay/hostile-frames.ts';
import { runHostileInput } from '../contract/relay/hostile-input.ts';
import { type RelayTwin, startRelayTwin } from '../contract/relay/twin.ts';
import { dial, opened } from '../contract/relay/wire.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;
const channels = 3000;
let twin: RelayTwin;
beforeAll(async () => {
  twin = await startRelayTwin();
  twin.addPath('abused');
});
afterAll(() => twin.close());

it('a relay reads or refuses a hundred thousand request targets and tokens of any form', () => {
  const seen = runHostileInput(numRuns, seed);
  const outcomes = Object.fromEntries([...seen].map(([outcome, count]) => [String(outcome), count]));
  process.stdout.write(`relay: ${numRuns} targets and tokens, SEED=${seed}: ${JSON.stringify(outcomes)}\n`);
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['taken', 400, 401, 403, 404]));
});

it('a relay serves on after three thousand channels with twenty frames of any form each', async () => {
  await runHostileFrames(twin, 'abused', channels, seed);
  process.stdout.write(`relay: ${channels * 20} frames on ${channels} channels, SEED=${seed}\n`);
  const token = encodeURIComponent(twin.sas({ path: 'abused', right: 'Listen' }));
  const channel = await opened(
    dial(`wss://${twin.host}/$hc/abused?sb-hc-action=listen&sb-hc-token=${token}`),
  );
  expect(channel.readyState).toBe(channel.OPEN);
  channel.terminate();
});
