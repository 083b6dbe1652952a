import { describeError } from '#shared/domain/error.ts';
import { awaitRemoval } from '../await-removal/orchestrator.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { ReserveTurnActivities } from '../reserve-turn/activities.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';
import type { UninstallExtensionActivities } from './activities.ts';

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
    context.announce({ operationId, step: 0, detail: 'Removing the extension from the machine' });
    yield* run.closeMachine({ machineId, operationId });
    yield* run.removeExtension({ resourceId });
    yield* awaitRemoval(context, resourceId);

    context.announce({ operationId, step: 1, detail: 'Removing the service configuration WAC' });
    yield* run.removeConfiguration({ machineId, resourceId });

    context.announce({
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
