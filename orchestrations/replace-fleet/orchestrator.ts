import type { OrchestrationContext, Step } from '../context.ts';
import { cancelRequestedEvent } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { ReplaceFleetActivities } from './activities.ts';

/** Looks at the progress: often at first, then each ten minutes. A week of them is a thousand looks. */
const looksMs = [5_000, 10_000, 30_000, 60_000, 60_000, 300_000];
const lateLookMs = 600_000;

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
  let unmarked = machineIds;
  while (unmarked.length > 0)
    ({ left: unmarked } = yield* run.markForReplacement({ id, machineIds: unmarked }));
  for (let look = 0; ; look += 1) {
    const { left } = yield* run.readFleet({ id });
    if (left === 0) {
      yield* run.endDrill({ id, status: 'succeeded' });
      return { status: 'succeeded' };
    }
    if (yield* context.waitForEvent(cancelRequestedEvent, looksMs[look] ?? lateLookMs)) {
      yield* run.unmark({ id });
      yield* run.endDrill({ id, status: 'cancelled' });
      return { status: 'cancelled' };
    }
  }
}
