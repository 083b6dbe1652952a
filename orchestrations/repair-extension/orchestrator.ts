import { describeError } from '#shared/domain/error.ts';
import { awaitRemoval } from '../await-removal/orchestrator.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { InstallExtensionActivities } from '../install-extension/activities.ts';
import { type InstallPhase, type InstallWishes, putTogether } from '../put-together/orchestrator.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';
import type { UninstallExtensionActivities } from '../uninstall-extension/activities.ts';

const stepOf: Readonly<Record<InstallPhase, number>> = { provider: 1, endpoint: 1, name: 1, agent: 2 };

/**
 * Requirements 56 and 112: the extension goes and comes again, with an agent that has keys of its own. Name and
 * certificate stay, so nothing is ordered that is there. A repair that failed takes nothing away: the next one, or an
 * install, goes on from wherever it ended.
 */
export function* repairExtension(
  context: OrchestrationContext,
  input: InstallWishes,
): Step<{ succeeded: boolean }> {
  const { machineId, resourceId, port } = input;
  const operationId = context.instanceId;
  const remove = context.activities<UninstallExtensionActivities>(platformRetries);
  const record = context.activities<InstallExtensionActivities>(persistentRetries);
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  try {
    context.announce({ operationId, step: 0, detail: 'Removing the extension from the machine' });
    yield* remove.removeExtension({ resourceId });
    yield* awaitRemoval(context, resourceId);
    yield* remove.forgetAgent({ machineId });
    yield* putTogether(context, input, (phase, detail) =>
      context.announce({ operationId, step: stepOf[phase], detail }),
    );
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}/extension` });
    return { succeeded: true };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    yield* record.recordFailed({ machineId, port, isCalledOff: false, isRepair: true });
    yield* track.failOperation({ operationId, error });
    return { succeeded: false };
  }
}
