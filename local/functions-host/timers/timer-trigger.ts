import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../kit/clock.ts';
import type { HostedFunction } from '../function-table.ts';
import type { RpcData } from '../rpc-data.ts';
import { parseSchedule } from './ncrontab.ts';
import { createTimerStore, type TimerStatus } from './timer-store.ts';

export interface TimerTriggerOptions {
  target: HostedFunction;
  store: DatabaseSync;
  clock: Clock;
  timeZone: string | undefined;
  /** Runs the function; its failure is logged there and changes nothing here. */
  run(target: HostedFunction, data: RpcData, reason: string): Promise<unknown>;
}

export interface TimerTrigger {
  start(): void;
  /** Runs it now, beside its schedule. */
  runNow(): Promise<void>;
  close(): void;
}

const noTime = '0001-01-01T00:00:00+00:00';
const iso = (ms: number | null) => (ms === null ? noTime : new Date(ms).toISOString());

/** One timer function: one run at a time, the next time computed after the run, missed runs made up for once. */
export function createTimerTrigger({
  target,
  store,
  clock,
  timeZone,
  run,
}: TimerTriggerOptions): TimerTrigger {
  const text = String(target.trigger['schedule']);
  const schedule = parseSchedule(text, timeZone);
  const isMonitored = target.trigger['useMonitor'] !== false && !schedule.isFrequent;
  const statuses = createTimerStore(store);
  let cancel = () => {};
  let closed = false;

  const read = (): TimerStatus => {
    const stored = statuses.get(target.name);
    if (stored?.schedule === text) return stored;
    const updatedMs = clock.now();
    const nextMs = schedule.next(stored?.lastMs ?? updatedMs);
    return { schedule: text, lastMs: stored?.lastMs ?? null, nextMs, updatedMs };
  };
  const dataOf = (isPastDue: boolean): RpcData => {
    const { lastMs, nextMs, updatedMs } = read();
    const status = { Last: iso(lastMs), Next: iso(nextMs), LastUpdated: iso(updatedMs) };
    return {
      json: JSON.stringify({
        Schedule: { AdjustForDST: true },
        ScheduleStatus: isMonitored ? status : null,
        IsPastDue: isPastDue,
      }),
    };
  };

  const fire = async (isPastDue: boolean): Promise<void> => {
    const startedMs = clock.now();
    await run(target, dataOf(isPastDue), `Timer fired at ${iso(startedMs)}`).catch(() => {});
    if (closed) return;
    const endedMs = clock.now();
    const nextMs = schedule.next(endedMs);
    statuses.put(target.name, { schedule: text, lastMs: startedMs, nextMs, updatedMs: endedMs });
    arm(nextMs);
  };
  const arm = (atMs: number) => {
    cancel = clock.at(atMs, () => void fire(false));
  };

  return {
    start() {
      const status = read();
      const isPastDue = isMonitored && status.nextMs <= clock.now();
      if (isPastDue || target.trigger['runOnStartup'] === true) return void fire(isPastDue);
      statuses.put(target.name, status);
      arm(isMonitored ? status.nextMs : schedule.next(clock.now()));
    },
    async runNow() {
      const reason = 'This function was programmatically called via the host APIs.';
      await run(target, dataOf(false), reason).catch(() => {});
    },
    close() {
      closed = true;
      cancel();
    },
  };
}
