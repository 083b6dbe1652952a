import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { platformRetries } from '../retry-policies.ts';
import type { UninstallExtensionActivities } from '../uninstall-extension/activities.ts';

const removalPatienceMs = 15 * 60_000;
const removalPollsMs = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * Ends when the platform no longer has the extension. The removal is asked for again each time: it may take more than one
 * step, and a request that was taken may be lost.
 */
export function* awaitRemoval(context: OrchestrationContext, resourceId: string): Step<void> {
  const run = context.activities<UninstallExtensionActivities>(platformRetries);
  const deadline = context.now().getTime() + removalPatienceMs;
  for (let poll = 0; ; poll += 1) {
    const { state } = yield* run.readExtension({ resourceId });
    if (state === 'absent') return;
    if (context.now().getTime() > deadline) {
      throw new AppError('extension_timeout', 'the machine did not remove the extension within 15 minutes');
    }
    yield* context.sleep(removalPollsMs[poll] ?? 10_000);
    yield* run.removeExtension({ resourceId });
  }
}
