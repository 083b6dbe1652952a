import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { IssueCertificateActivities } from './activities.ts';

/** An authority validates within seconds; half an hour rides out its own queue. */
const orderPatienceMs = 30 * 60_000;
/**
 * Least waits between two looks at an order. The authority's own wait goes before while it is soon; later a slow
 * order must not fill the history: 70 looks in all.
 */
const orderPollsMs = [0, 0, 0, 500, 1_000, 2_000, 5_000, 10_000];
const slowOrderPollMs = 30_000;

export interface IssueCertificateInput {
  machineId: string;
  machineName: string;
  /** How long a new record takes to be seen everywhere; 0 where the zone answers at once. */
  propagationMs: number;
  /** Renewal orders a new one although the old one is still good. */
  renew: boolean;
}

/** Issues one certificate for a machine: RFC 8555 with DNS-01, the key in the vault from first to last. */
export function* issueCertificate(
  context: OrchestrationContext,
  input: IssueCertificateInput,
): Step<{ thumbprint: string }> {
  const { machineId, machineName } = input;
  const acme = context.activities<IssueCertificateActivities>(platformRetries);
  const cleanUp = context.activities<IssueCertificateActivities>(persistentRetries);

  if (!input.renew) {
    const { thumbprint } = yield* acme.findUsableCertificate({ machineId, machineName });
    if (thumbprint) return { thumbprint };
  }

  const { account } = yield* acme.ensureAccount({});
  const { request } = yield* acme.createRequest({ machineName });
  const { orderUrl, challenges } = yield* acme.createOrder({ machineName });
  try {
    yield* acme.publishChallenges({ challenges });
    if (input.propagationMs > 0) yield* context.sleep(input.propagationMs);
    yield* acme.answerChallenges({ challenges });
    yield* untilOrderIs(context, orderUrl, 'ready');
    yield* acme.finalizeOrder({ orderUrl, request });
    yield* untilOrderIs(context, orderUrl, 'valid');
    return yield* acme.mergeCertificate({ machineId, machineName, orderUrl, account });
  } finally {
    yield* cleanUp.removeChallenges({ challenges });
  }
}

function* untilOrderIs(
  context: OrchestrationContext,
  orderUrl: string,
  wanted: 'ready' | 'valid',
): Step<void> {
  const acme = context.activities<IssueCertificateActivities>(platformRetries);
  const deadline = context.now().getTime() + orderPatienceMs;
  for (let poll = 0; ; poll += 1) {
    const progress = yield* acme.readOrder({ orderUrl });
    // An order goes pending, ready, processing, valid: a later state has passed the wanted one.
    if (progress.state === wanted || progress.state === 'valid') return;
    if (context.now().getTime() > deadline) {
      throw new AppError(
        'certificate_order_timeout',
        `the order is ${progress.state} and not ${wanted} after 30 minutes`,
      );
    }
    yield* context.sleep(Math.max(progress.retryAfterMs, orderPollsMs[poll] ?? slowOrderPollMs));
  }
}
