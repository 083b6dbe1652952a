import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHostileFrames } from './hostile-frames.ts';
import { runHostileInput } from './hostile-input.ts';
import { type RelayTwin, startRelayTwin } from './twin.ts';
import { dial, opened } from './wire.ts';

let twin: RelayTwin;
beforeAll(async () => {
  twin = await startRelayTwin();
  twin.addPath('abused');
});
afterAll(() => twin.close());

it('reads or refuses a thousand request targets and tokens of any form', () => {
  const seen = runHostileInput(1000, 4);
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['taken', 400, 401, 403, 404]));
});

it('serves on after frames of any form on its control channels', async () => {
  await runHostileFrames(twin, 'abused', 60, 4);
  const token = encodeURIComponent(twin.sas({ path: 'abused', right: 'Listen' }));
  const channel = await opened(
    dial(`wss://${twin.host}/$hc/abused?sb-hc-action=listen&sb-hc-token=${token}`),
  );
  expect(channel.readyState).toBe(channel.OPEN);
  channel.terminate();
});
