import type { Child, OrchestrationContext, Step } from '../context.ts';
import type { InstallFleetMachineInput } from '../install-fleet-machine/orchestrator.ts';
import { fleetChangedEvent, orchestratorNames } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { InstallFleetActivities } from './activities.ts';

/** How long it waits for somebody who paused it: then it looks by itself, should his word have been lost. */
const pausedMs = 24 * 60 * 60_000;

/** Rounds in a row with nothing to begin are further and further apart: the history stays small. */
const restsMs = [1_000, 10_000, 30_000, 60_000, 60_000, 300_000];
const longestRestMs = 30 * 60_000;

export interface InstallFleetInput {
  fleetId: string;
}

export interface FleetRound {
  isEnded: boolean;
  /** Machines whose turn it is, in their order, under instance ids that were made for this round. */
  children: Child<InstallFleetMachineInput>[];
  concurrency: number;
  /** When there is more to do, ISO 8601; absent while somebody has to say so. */
  nextAt?: string;
}

/**
 * An install on many machines, in rounds: a machine begins when its turn at an authority is there and holds no place
 * before. What was held back by a pause, or gave a late turn back, comes in a later round. All that is known is in the
 * records of fleet and machines; this holds nothing but the order of the work.
 */
export function* installFleet(
  context: OrchestrationContext,
  { fleetId }: InstallFleetInput,
): Step<{ rounds: number }> {
  const run = context.activities<InstallFleetActivities>(persistentRetries);
  let idle = 0;
  for (let rounds = 1; ; rounds += 1) {
    const { isEnded, children, concurrency, nextAt } = yield* run.beginRound({ fleetId });
    if (isEnded) return { rounds };
    if (children.length > 0) {
      idle = 0;
      yield* context.forEach(orchestratorNames.installFleetMachine, children, concurrency);
      continue;
    }
    const waitMs = nextAt === undefined ? pausedMs : Date.parse(nextAt) - context.now().getTime();
    yield* context.waitForEvent(fleetChangedEvent, Math.max(waitMs, restsMs[idle] ?? longestRestMs));
    idle += 1;
  }
}
