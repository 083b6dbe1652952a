import { describe, expect, it } from 'vitest';
import type { HostedFunction } from '#local/functions-host/function-table.ts';
import type { RpcData } from '#local/functions-host/rpc-data.ts';
import { createTimerTrigger } from '#local/functions-host/timers/timer-trigger.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1, 0, 30);

function timerFunction(options: Record<string, unknown>): HostedFunction {
  const trigger = { type: 'timerTrigger', direction: 'in' as const, schedule: '0 0 * * * *', ...options };
  const metadata = { name: 't', bindings: { trigger } };
  return { name: 't', kind: 'timer', bindingName: 'trigger', trigger, clientInputs: [], metadata };
}

function setUp(options: Record<string, unknown> = {}, store = openStore(':memory:'), atMs = startMs) {
  const clock = createManualClock(atMs);
  const runs: { atMs: number; isPastDue: boolean; last: string | undefined }[] = [];
  let release: (() => void) | undefined;
  let isSlow = false;
  const timer = createTimerTrigger({
    target: timerFunction(options),
    store,
    clock,
    timeZone: 'UTC',
    async run(_target, data: RpcData) {
      const info = JSON.parse(data.json ?? '') as {
        IsPastDue: boolean;
        ScheduleStatus: { Last: string } | null;
      };
      runs.push({ atMs: clock.now(), isPastDue: info.IsPastDue, last: info.ScheduleStatus?.Last });
      if (isSlow) await new Promise<void>((resolve) => (release = resolve));
    },
  });
  return {
    clock,
    store,
    timer,
    runs,
    slow: () => (isSlow = true),
    finish: () => release?.(),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('a timer function', () => {
  it('runs at its times', async () => {
    const { clock, timer, runs, turn } = setUp();
    timer.start();
    clock.advance(hourMs / 2 - 1);
    expect(runs).toEqual([]);
    clock.advance(1);
    await turn();
    clock.advance(hourMs);
    expect(runs.map(({ atMs }) => atMs)).toEqual([startMs + hourMs / 2, startMs + 1.5 * hourMs]);
    expect(runs.map(({ isPastDue }) => isPastDue)).toEqual([false, false]);
  });

  it('runs once when it starts after a missed time, and says that it is late', async () => {
    const before = setUp();
    before.timer.start();
    before.timer.close();
    const after = setUp({}, before.store, startMs + 5 * hourMs);
    after.timer.start();
    await after.turn();
    expect(after.runs).toMatchObject([{ isPastDue: true }]);
    after.clock.advance(hourMs / 2);
    expect(after.runs).toMatchObject([
      { isPastDue: true },
      { isPastDue: false, last: '2026-01-01T05:30:00.000Z' },
    ]);
  });

  it('does not make up for a missed time without monitoring', () => {
    const before = setUp({ useMonitor: false });
    before.timer.start();
    const after = setUp({ useMonitor: false }, before.store, startMs + 5 * hourMs);
    after.timer.start();
    expect(after.runs).toEqual([]);
    after.clock.advance(hourMs / 2);
    expect(after.runs).toEqual([{ atMs: startMs + 5.5 * hourMs, isPastDue: false, last: undefined }]);
  });

  it('runs at the start when it says so', () => {
    const { timer, runs } = setUp({ runOnStartup: true });
    timer.start();
    expect(runs).toMatchObject([{ isPastDue: false }]);
  });

  it('never runs beside itself: the next time counts from the end of the run', async () => {
    const { clock, timer, runs, turn, slow, finish } = setUp();
    slow();
    timer.start();
    clock.advance(3 * hourMs);
    expect(runs).toHaveLength(1);
    finish();
    await turn();
    clock.advance(hourMs);
    expect(runs).toHaveLength(2);
  });

  it('runs at once when it is told to, and keeps its times', async () => {
    const { clock, timer, runs } = setUp();
    timer.start();
    await timer.runNow();
    clock.advance(hourMs / 2);
    expect(runs.map(({ atMs }) => atMs)).toEqual([startMs, startMs + hourMs / 2]);
  });

  it('is silent once closed', () => {
    const { clock, timer, runs } = setUp();
    timer.start();
    timer.close();
    clock.advance(5 * hourMs);
    expect(runs).toEqual([]);
  });
});
