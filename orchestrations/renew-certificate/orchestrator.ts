import { describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { IssueCertificateActivities } from '../issue-certificate/activities.ts';
import type { ReplaceCertificateActivities } from '../replace-certificate/activities.ts';
import { type MachineSubject, replaceCertificate } from '../replace-certificate/orchestrator.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';

export interface RenewCertificateInput extends MachineSubject {
  /** Started by the sweep: it takes the machine itself, if the renewal is still due then. */
  isSweep?: boolean;
}

/** Renews one certificate, or finds that its turn is later: then it goes on by itself. */
export function* renewCertificate(
  context: OrchestrationContext,
  input: RenewCertificateInput,
): Step<{ outcome: 'renewed' | 'postponed' | 'failed' | 'not due' }> {
  const { machineId } = input;
  const operationId = context.instanceId;
  const resource = `/api/machines/${machineId}/certificate`;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const record = context.activities<IssueCertificateActivities>(persistentRetries);
  const replace = context.activities<ReplaceCertificateActivities>(persistentRetries);
  if (input.isSweep) {
    const { taken } = yield* track.takeForRenewal({ operationId, input });
    if (!taken) return { outcome: 'not due' };
  }
  try {
    if (input.isSweep) {
      // A machine that took the new one up late: the old one is revoked now, and nothing is ordered.
      const late = yield* replace.revokeLeaf({ machineId, isCurrent: false, unlessDue: true });
      if (late.revoked) {
        yield* track.completeOperation({ operationId, resource });
        return { outcome: 'renewed' };
      }
    }
    const { postponed } = yield* replaceCertificate(context, input, (step, detail) =>
      context.announce({ operationId, step, detail }),
    );
    if (postponed) {
      yield* track.postponeOperation({ operationId, plan: postponed });
      return { outcome: 'postponed' };
    }
    yield* track.completeOperation({ operationId, resource });
    return { outcome: 'renewed' };
  } catch (caught) {
    const error = context.toAppError(caught);
    const { retryAfterMs } = error;
    const described = describeError(error);
    yield* record.recordFailure({
      machineId,
      id: operationId,
      error: described,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    yield* track.failOperation({ operationId, error: described });
    return { outcome: 'failed' };
  }
}
