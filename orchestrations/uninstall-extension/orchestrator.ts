import { AppError, describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { ReserveTurnActivities } from '../reserve-turn/activities.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';
import type { UninstallExtensionActivities } from './activities.ts';

const removalPatienceMs = 15 * 60_000;
const removalPollsMs = [500, 1_000, 2_000, 5_000, 10_000];

export interface UninstallExtensionInput {
  machineId: string;
  resourceId: string;
}

/** Takes the agent and all that is only for it away; the endpoint stays (requirements 58-60). */
export function* uninstallExtension(
  context: OrchestrationContext,
  input: UninstallExtensionInput,
): Step<{ succeeded: boolean }> {
  const { machineId, resourceId } = input;
  const operationId = context.instanceId;
  const run = context.activities<UninstallExtensionActivities>(platformRetries);
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const turns = context.activities<ReserveTurnActivities>(persistentRetries);
  try {
    yield* track.showProgress({ operationId, step: 0, detail: 'Removing the extension from the machine' });
    yield* run.removeExtension({ resourceId });
    yield* untilRemoved(context, resourceId);

    yield* track.showProgress({ operationId, step: 1, detail: 'Removing the service configuration WAC' });
    yield* run.removeConfiguration({ machineId, resourceId });

    yield* track.showProgress({
      operationId,
      step: 2,
      detail: 'Removing DNS records, relay, queue and certificate',
    });
    yield* run.removeNames({ machineId });
    yield* turns.leaveQueue({ machineId });
    yield* run.forgetInstall({ machineId });
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}` });
    return { succeeded: true };
  } catch (caught) {
    yield* track.failOperation({ operationId, error: describeError(context.toAppError(caught)) });
    return { succeeded: false };
  }
}

function* untilRemoved(context: OrchestrationContext, resourceId: string): Step<void> {
  const run = context.activities<UninstallExtensionActivities>(platformRetries);
  const deadline = context.now().getTime() + removalPatienceMs;
  for (let poll = 0; ; poll += 1) {
    const { state } = yield* run.readExtension({ resourceId });
    if (state === 'absent') return;
    if (context.now().getTime() > deadline) {
      throw new AppError('extension_timeout', 'the machine did not remove the extension within 15 minutes');
    }
    yield* context.sleep(removalPollsMs[poll] ?? 10_000);
  }
}
