import type { AuditActor } from '#shared/domain/audit.ts';
import type { RevocationReason } from '#shared/domain/certificate.ts';
import { describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { IssueCertificateActivities } from '../issue-certificate/activities.ts';
import type { ReplaceCertificateActivities } from '../replace-certificate/activities.ts';
import { type MachineSubject, replaceCertificate } from '../replace-certificate/orchestrator.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';

export interface RevokeCertificateInput extends MachineSubject {
  reason: RevocationReason;
  requestedBy: AuditActor;
}

/**
 * Replaces a certificate and revokes the old one. The replacement comes first, so that nobody is cut off; but for a
 * compromised key nothing is waited for (Baseline Requirements section 4.9.1.1: within 24 hours).
 */
export function* revokeCertificate(
  context: OrchestrationContext,
  input: RevokeCertificateInput,
): Step<{ outcome: 'revoked' | 'postponed' | 'failed' }> {
  const { machineId, reason, requestedBy } = input;
  const operationId = context.instanceId;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const replace = context.activities<ReplaceCertificateActivities>(platformRetries);
  const record = context.activities<IssueCertificateActivities>(persistentRetries);
  try {
    yield* replace.requestReplacement({ machineId, reason, requestedBy });
    if (reason === 'keyCompromise') yield* revokeAtOnce(context, machineId);
    const { postponed } = yield* replaceCertificate(context, input, (step, detail) =>
      context.announce({ operationId, step, detail }),
    );
    if (postponed) {
      yield* track.postponeOperation({ operationId, plan: postponed });
      return { outcome: 'postponed' };
    }
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}/certificate` });
    return { outcome: 'revoked' };
  } catch (caught) {
    const failure = context.toAppError(caught);
    const error = describeError(failure);
    const { retryAfterMs } = failure;
    yield* record.recordFailure({
      machineId,
      id: operationId,
      error,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    yield* track.failOperation({ operationId, error });
    return { outcome: 'failed' };
  }
}

/** An authority that is away keeps nobody from getting another key: it is told when that one is served. */
function* revokeAtOnce(context: OrchestrationContext, machineId: string): Step<void> {
  const replace = context.activities<ReplaceCertificateActivities>(platformRetries);
  try {
    yield* replace.revokeLeaf({ machineId, isCurrent: true });
  } catch (caught) {
    const error = context.toAppError(caught);
    if (!error.isRetryable) throw error;
  }
}
