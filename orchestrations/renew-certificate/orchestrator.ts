import { describeError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { deliverCertificate } from '../deliver-certificate/orchestrator.ts';
import type { IssueCertificateActivities } from '../issue-certificate/activities.ts';
import type { IssueCertificateInput } from '../issue-certificate/orchestrator.ts';
import { orchestratorNames } from '../names.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';

export interface RenewCertificateInput {
  machineId: string;
  resourceId: string;
  machineName: string;
  propagationMs: number;
}

/** Renews one certificate. Until the machine serves the new one, the old one stays served. */
export function* renewCertificate(
  context: OrchestrationContext,
  input: RenewCertificateInput,
): Step<{ succeeded: boolean }> {
  const { machineId, resourceId, machineName, propagationMs } = input;
  const operationId = context.instanceId;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const later = context.activities<IssueCertificateActivities>(persistentRetries);
  try {
    yield* track.showProgress({ operationId, step: 0, detail: 'Issuing the certificate' });
    const { thumbprint } = yield* context.subOrchestration<IssueCertificateInput, { thumbprint: string }>(
      orchestratorNames.issueCertificate,
      { machineId, machineName, propagationMs, renew: true },
    );
    yield* track.showProgress({ operationId, step: 1, detail: 'Waiting until the machine serves it' });
    yield* deliverCertificate(context, { machineId, resourceId, thumbprint });
    yield* track.completeOperation({ operationId, resource: `/api/machines/${machineId}` });
    return { succeeded: true };
  } catch (caught) {
    const error = context.toAppError(caught);
    const { retryAfterMs } = error;
    yield* later.postponeRenewal({ machineId, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    yield* track.failOperation({ operationId, error: describeError(error) });
    return { succeeded: false };
  }
}
