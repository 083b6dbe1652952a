import type { OrchestrationContext, Step } from '../context.ts';
import { cancelRequestedEvent } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { ReplaceFleetActivities } from './activities.ts';

/**
 * Looks for the end: often at first, when a small fleet is done, then each ten minutes and each hour. A machine that is
 * off for three months makes 2,500 looks; whoever asks in between gets the progress of that moment.
 */
const looks = [
  { before: 20, everyMs: 3_000 }, // elapsed: 1 min
  { before: 60, everyMs: 15_000 }, // 11 min
  { before: 120, everyMs: 60_000 }, // 1 h 11 min
  { before: 400, everyMs: 600_000 }, // 2 days
] as const;
const lateLookMs = 3_600_000;
/** Certificates that one activity marks: a few seconds of work. */
const page = 100;

export interface ReplaceFleetInput {
  id: string;
  machineIds: string[];
}

/**
 * Replaces the certificates of a fleet: marks them as due and watches. The sweep renews them one by one within the
 * authorities' budgets, so that a crash of anything loses nothing and an urgent renewal still goes first.
 */
export function* replaceFleet(
  context: OrchestrationContext,
  { id, machineIds }: ReplaceFleetInput,
): Step<{ status: 'succeeded' | 'cancelled' }> {
  const run = context.activities<ReplaceFleetActivities>(persistentRetries);
  for (let next = 0; next < machineIds.length; next += page)
    yield* run.markForReplacement({ id, machineIds: machineIds.slice(next, next + page) });
  for (let look = 0; ; look += 1) {
    const { left } = yield* run.readFleet({ id });
    if (left === 0) {
      yield* run.endDrill({ id, status: 'succeeded' });
      return { status: 'succeeded' };
    }
    if (
      yield* context.waitForEvent(
        cancelRequestedEvent,
        looks.find(({ before }) => look < before)?.everyMs ?? lateLookMs,
      )
    ) {
      yield* run.unmark({ id });
      yield* run.endDrill({ id, status: 'cancelled' });
      return { status: 'cancelled' };
    }
  }
}
