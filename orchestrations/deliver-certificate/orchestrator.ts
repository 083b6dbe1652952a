import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { agentReportedEvent } from '../names.ts';
import { platformRetries } from '../retry-policies.ts';
import type { DeliverCertificateActivities } from './activities.ts';

/** Requirement 52: an install takes a few minutes; it is not called failed early. */
const patienceMs = 20 * 60_000;
/** Events are hints: without one the store is read again after this time. */
const lookAgainMs = 30_000;
const lookSoonMs = 500;
/** Ten seconds: what is not there then is looked for as rarely as all else, however long the platform says that it is near. */
const soonLooks = 20;

export interface DeliverCertificateInput {
  machineId: string;
  resourceId: string;
  thumbprint: string;
}

/**
 * Brings an issued certificate to the machine and ends when the machine serves it (requirement 48). A part of
 * install and of renewal, in their own instance: reports are raised on the operation.
 */
export function* deliverCertificate(
  context: OrchestrationContext,
  input: DeliverCertificateInput,
): Step<void> {
  const run = context.activities<DeliverCertificateActivities>(platformRetries);
  const deadline = context.now().getTime() + patienceMs;

  let almost = 0;
  for (let look = 0; ; look += 1) {
    const progress = yield* run.readDelivery({ ...input, isFirst: look === 0 });
    if (progress.served) return;
    if (progress.failure) throw new AppError('extension_failed', progress.failure);
    if (context.now().getTime() > deadline) {
      throw new AppError('agent_not_serving', `after 20 minutes ${progress.detail}`);
    }
    almost += progress.almost ? 1 : 0;
    const isNear = progress.almost && almost <= soonLooks;
    yield* context.waitForEvent(agentReportedEvent, isNear ? lookSoonMs : lookAgainMs);
  }
}
