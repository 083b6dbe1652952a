import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTimeMachine, type TimeMachine } from '#local/management/time-machine.ts';
import { createHostFolder, type HostProcess, post, untilStatus } from './host-process.ts';

/** The host and its app in processes of their own, both of which follow a clock that jumps. */
const hourMs = 3_600_000;
const folder = createHostFolder();
const clockFolder = mkdtempSync(join(tmpdir(), 'host-clock-'));
let machine: TimeMachine;
let host: HostProcess;

beforeAll(async () => {
  machine = await createTimeMachine(join(clockFolder, 'clock.json'));
  host = await folder.start(undefined, { LOCAL_RUN_CLOCK: machine.file });
});
afterAll(async () => {
  await folder.remove();
  await machine.close();
  rmSync(clockFolder, { recursive: true });
});

/** Started, and waiting for its timer of an hour. */
async function startWaiting(id: string): Promise<void> {
  await post(`${host.origin}/start/waits/${id}`, {});
  await untilStatus(host.origin, id, 'Running');
}

it('durable timers fire when the clock has jumped past them, and not before', async () => {
  await startWaiting('t');
  expect(await machine.advance(hourMs - 60_000)).toEqual({ followed: 2 });
  await startWaiting('u');
  expect(await untilStatus(host.origin, 't', 'Running')).toMatchObject({ runtimeStatus: 'Running' });

  await machine.advance(60_000);
  expect(await untilStatus(host.origin, 't')).toMatchObject({ runtimeStatus: 'Completed' });
  expect(await untilStatus(host.origin, 'u', 'Running')).toMatchObject({ runtimeStatus: 'Running' });

  await machine.advance(hourMs);
  await untilStatus(host.origin, 'u');
});

it('a timer function that came due several times on the way runs once, and then at its next time', async () => {
  const ticks = () => folder.runs().filter((line) => line.startsWith('tick'));
  await machine.advance(3 * 366 * 24 * hourMs);
  await expect.poll(ticks).toHaveLength(1);
  await machine.advance(366 * 24 * hourMs);
  await expect.poll(ticks).toHaveLength(2);
});

it('functionTimeout counts real time: a jump ends no function', async () => {
  await post(`${host.origin}/start/steps/long`, { ms: 300 });
  await expect.poll(() => folder.runs(), { interval: 5 }).toContain('begin 1');
  await machine.advance(hourMs);
  expect((await untilStatus(host.origin, 'long')).output).toEqual([10, 20, 30, 40]);
});

it('an overdue timer fires at the start, when the clock jumped while the host was away', async () => {
  await startWaiting('away');
  await host.kill('SIGKILL');
  await machine.advance(2 * hourMs);
  host = await folder.start(undefined, { LOCAL_RUN_CLOCK: machine.file });
  expect(await untilStatus(host.origin, 'away')).toMatchObject({ runtimeStatus: 'Completed' });
});
