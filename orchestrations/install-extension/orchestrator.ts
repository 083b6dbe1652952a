import { describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import {
  type Begun,
  type InstallPhase,
  type InstallWishes,
  putTogether,
} from '../put-together/orchestrator.ts';
import { persistentRetries } from '../retry-policies.ts';
import { takeBack } from '../take-back/orchestrator.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';

export type InstallExtensionInput = InstallWishes;

const stepOf: Readonly<Record<InstallPhase, number>> = { provider: 0, endpoint: 1, name: 2, agent: 2 };

/** The three steps of requirement 43. The instance id is the operation id. */
export function* installExtension(
  context: OrchestrationContext,
  input: InstallExtensionInput,
): Step<{ succeeded: boolean }> {
  const operationId = context.instanceId;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const begun: Begun = { hasBegun: false };
  try {
    yield* putTogether(
      context,
      input,
      (phase, detail) => context.announce({ operationId, step: stepOf[phase], detail }),
      begun,
    );
    yield* track.completeOperation({ operationId, resource: `/api/machines/${input.machineId}/extension` });
    return { succeeded: true };
  } catch (caught) {
    const error = describeError(context.toAppError(caught));
    const compensation = yield* takeBack(context, input, begun, error.code === 'operation_cancelled');
    yield* track.failOperation({ operationId, error, ...(compensation && { compensation }) });
    return { succeeded: false };
  }
}
