import type { IssuancePlan, KeyCustody } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { deliverCertificate } from '../deliver-certificate/orchestrator.ts';
import type { IssueCertificateInput, IssueCertificateResult } from '../issue-certificate/orchestrator.ts';
import { agentReportedEvent, orchestratorNames } from '../names.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { ReplaceCertificateActivities } from './activities.ts';

/** A machine that is on answers within seconds. */
const requestPatienceMs = 20 * 60_000;
/** Events are hints: without one the store is read again after this time. */
const lookAgainMs = 30_000;

export interface MachineSubject {
  machineId: string;
  resourceId: string;
  machineName: string;
  custody: KeyCustody;
}

/**
 * One certificate for another: issued, delivered, seen served; then what it replaces is revoked if that is wanted.
 * Until the machine serves the new one, the old one stays in service. Answers the date of its turn when that is
 * not now. A part of renewal and of revocation, in their own instance: reports are raised on the operation.
 */
export function* replaceCertificate(
  context: OrchestrationContext,
  { machineId, resourceId, machineName, custody }: MachineSubject,
  show: (step: number, detail: string) => void,
): Step<{ postponed?: IssuancePlan }> {
  const persistent = context.activities<ReplaceCertificateActivities>(persistentRetries);
  show(0, 'Issuing the certificate');
  const requestId = yield* requestOf(context, { machineId, custody });
  const issued = yield* context.subOrchestration<IssueCertificateInput, IssueCertificateResult>(
    orchestratorNames.issueCertificate,
    { machineId, machineName, custody, isInstall: false, ...(requestId !== undefined && { requestId }) },
  );
  if ('postponed' in issued) return issued;
  show(1, 'Waiting until the machine serves it');
  yield* deliverCertificate(context, { machineId, resourceId, thumbprint: issued.thumbprint });
  yield* persistent.revokeLeaf({ machineId, isCurrent: false });
  return {};
}

/** For a machine-held key: the id of the request that the machine has signed. For others there is none to wait for. */
export function* requestOf(
  context: OrchestrationContext,
  { machineId, custody }: Pick<MachineSubject, 'machineId' | 'custody'>,
): Step<string | undefined> {
  if (custody !== 'machine') return undefined;
  const run = context.activities<ReplaceCertificateActivities>(platformRetries);
  const id = context.instanceId;
  const deadline = context.now().getTime() + requestPatienceMs;
  yield* run.requestFromMachine({ machineId, id, custody });
  for (;;) {
    const { made } = yield* run.hasRequest({ machineId, id });
    if (made) return id;
    if (context.now().getTime() > deadline) {
      throw new AppError('certificate_request_missing', 'the machine made no request within 20 minutes');
    }
    yield* context.waitForEvent(agentReportedEvent, lookAgainMs);
  }
}
