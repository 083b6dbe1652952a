import type { Child, OrchestrationContext, Step } from '../context.ts';
import { orchestratorNames } from '../names.ts';
import type { RenewCertificateInput } from '../renew-certificate/orchestrator.ts';

/**
 * Renewals of one sweep that run at a time. Each waits for its authority and its machine most of the while; the
 * zone takes about 200 new record sets a minute, and one renewal makes one.
 */
const width = 32;

export interface RenewDueInput {
  children: Child<RenewCertificateInput>[];
}

/** One sweep: everything that was due, the oldest first. A renewal that fails or waits long never stops the next. */
export function* renewDue(
  context: OrchestrationContext,
  { children }: RenewDueInput,
): Step<{ started: number; failed: number }> {
  const failed = yield* context.forEach(orchestratorNames.renewCertificate, children, width);
  return { started: children.length, failed };
}
