import type { FailedCall } from '#local/kit/calls.ts';
import type { InspectedTable, StandIn } from '#local/kit/stand-in.ts';

export interface ServiceStatus {
  name: string;
  address: string;
  /** `disturbed` while faults are switched on. */
  state: 'running' | 'disturbed';
  requests: number;
  lastError: FailedCall | null;
}

export interface ClockStatus {
  mode: 'system' | 'manual';
  now: string;
  /** How far it is ahead of real time. */
  offsetMs: number;
  /** Other processes that follow it. */
  followers: number;
}

export function serviceStatus(standIn: StandIn): ServiceStatus {
  return {
    name: standIn.name,
    address: `127.0.0.1:${standIn.port}`,
    state: standIn.faults.list().size > 0 ? 'disturbed' : 'running',
    requests: Object.values(standIn.calls.all()).reduce((sum, count) => sum + count, 0),
    lastError: standIn.calls.lastError() ?? null,
  };
}

/** A stand-in that cannot say what it holds spoils nothing but its own table. */
export function tablesOf(standIn: StandIn): InspectedTable[] {
  try {
    return standIn.inspect?.() ?? [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ title: 'cannot be read', columns: ['why'], rows: [[why]] }];
  }
}
