import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { IssueCertificateInput, IssueCertificateResult } from '../issue-certificate/orchestrator.ts';
import { cancelRequestedEvent, orchestratorNames } from '../names.ts';
import { requestOf } from '../replace-certificate/orchestrator.ts';
import type { ReserveTurnActivities } from '../reserve-turn/activities.ts';
import { persistentRetries } from '../retry-policies.ts';
import type { TrackOperationActivities } from '../track-operation/activities.ts';

/** A turn can come sooner when others give theirs up: it is asked for again after this. */
const longestWaitMs = 24 * 60 * 60_000;

/**
 * The certificate, however long its turn takes to come; while it waits the operation can be called off. A turn that is
 * further away than `patienceMs` is given back: `operation_cancelled` with its `turnAt`.
 */
export function* issueInTurn(
  context: OrchestrationContext,
  subject: Pick<IssueCertificateInput, 'machineId' | 'machineName' | 'custody'>,
  show: (phase: 'name', detail: string) => void,
  patienceMs = Number.POSITIVE_INFINITY,
): Step<string> {
  const { machineId, custody } = subject;
  const track = context.activities<TrackOperationActivities>(persistentRetries);
  const turns = context.activities<ReserveTurnActivities>(persistentRetries);
  const requestId = yield* requestOf(context, { machineId, custody });
  for (;;) {
    const issued = yield* context.subOrchestration<IssueCertificateInput, IssueCertificateResult>(
      orchestratorNames.issueCertificate,
      { ...subject, isInstall: true, ...(requestId !== undefined && { requestId }) },
    );
    if ('thumbprint' in issued) return issued.thumbprint;
    const { postponed: plan } = issued;
    const waitMs = Math.max(Date.parse(plan.turnAt) - context.now().getTime(), 1_000);
    if (waitMs > patienceMs) {
      yield* turns.leaveQueue({ machineId });
      const { authority, turnAt } = plan;
      const detail = `its turn at ${authority} is at ${turnAt}: it begins again then`;
      throw new AppError('operation_cancelled', detail, { facts: { turnAt } });
    }
    yield* track.showWait({ operationId: context.instanceId, plan });
    if (yield* context.waitForEvent(cancelRequestedEvent, Math.min(waitMs, longestWaitMs))) {
      yield* turns.leaveQueue({ machineId });
      throw new AppError('operation_cancelled', 'it was called off while it waited for its turn');
    }
    // From here on it works, and cannot be called off.
    show('name', 'Issuing the certificate');
  }
}
