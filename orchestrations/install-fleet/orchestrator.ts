import type { Child, OrchestrationContext, Step } from '../context.ts';
import type { InstallFleetPageInput } from '../install-fleet-page/orchestrator.ts';
import { fleetChangedEvent, orchestratorNames } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { InstallFleetActivities } from './activities.ts';

/** Machines of one page: its history, and ours, stay small however many machines there are. */
const pageSize = 25;
/** Machines that a page works on at a time; more are pages beside each other. */
const pageWidth = 5;
/** How long it waits for somebody who paused it: then it looks by itself, should his word have been lost. */
const pausedMs = 24 * 60 * 60_000;

export interface InstallFleetInput {
  fleetId: string;
}

export interface FleetRound {
  isEnded: boolean;
  /** Those whose turn it is, in their order. */
  machineIds: string[];
  concurrency: number;
  /** ISO 8601. */
  startedAt: string;
  /** When there is more to do; absent while somebody has to say so. */
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
  for (let rounds = 1; ; rounds += 1) {
    const round = yield* run.beginRound({ fleetId });
    if (round.isEnded) return { rounds };
    if (round.machineIds.length > 0) {
      const { pages, atOnce } = pagesOf(`${context.instanceId}-${rounds}`, fleetId, round);
      yield* context.forEach(orchestratorNames.installFleetPage, pages, atOnce);
      continue;
    }
    const untilMs =
      round.nextAt === undefined ? pausedMs : Date.parse(round.nextAt) - context.now().getTime();
    yield* context.waitForEvent(fleetChangedEvent, Math.max(untilMs, 1_000));
  }
}

/** At most as many machines at a time as are wished for: pages at once, times what each works on. */
function pagesOf(
  prefix: string,
  fleetId: string,
  { machineIds, concurrency, startedAt }: FleetRound,
): { pages: Child<InstallFleetPageInput>[]; atOnce: number } {
  const atOnce = Math.ceil(concurrency / pageWidth);
  const width = Math.max(1, Math.floor(concurrency / atOnce));
  const pages: Child<InstallFleetPageInput>[] = [];
  for (let first = 0; first < machineIds.length; first += pageSize) {
    const input = { fleetId, machineIds: machineIds.slice(first, first + pageSize), first, startedAt, width };
    pages.push({ instanceId: `${prefix}-${pages.length + 1}`, input });
  }
  return { pages, atOnce };
}
