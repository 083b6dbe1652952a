import type { IssuancePlan, KeyCustody } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { OrchestrationContext, Step } from '../context.ts';
import type { ReserveTurnActivities } from '../reserve-turn/activities.ts';
import { persistentRetries, platformRetries } from '../retry-policies.ts';
import type { IssueCertificateActivities } from './activities.ts';
import { troubleOf } from './trouble.ts';

/** An authority validates within seconds; half an hour rides out its own queue. */
const orderPatienceMs = 30 * 60_000;
/**
 * Least waits between two looks at an order. The authority's own wait goes before while it is soon; later a slow
 * order must not fill the history: 70 looks in all.
 */
const orderPollsMs = [0, 0, 0, 500, 1_000, 2_000, 5_000, 10_000];
const slowOrderPollMs = 30_000;
/** Azure DNS shows a record at all its servers within a minute; the slowest provider seen takes ten. */
const propagationPatienceMs = 15 * 60_000;
const propagationPollsMs = [500, 1_000, 2_000, 5_000, 10_000];
const slowPropagationPollMs = 30_000;

export interface IssueCertificateInput {
  machineId: string;
  machineName: string;
  custody: KeyCustody;
  /** The request that a machine-held key has signed. */
  requestId?: string;
  /** An install takes a certificate that is good for longer; a renewal orders a new one. */
  isInstall: boolean;
}

export type IssueCertificateResult = { thumbprint: string } | { postponed: IssuancePlan };

interface Granted {
  authority: string;
  account: string;
  reservation: string;
  /** The renewal id of what is replaced, at the authority and account that issued it. */
  replaces?: string;
}

/**
 * Issues one certificate for a machine: a turn at an authority, then RFC 8555 with DNS-01. An authority that is
 * away, forbidden or spent is passed over for the next; when all are, the answer is a date and no failure.
 */
export function* issueCertificate(
  context: OrchestrationContext,
  input: IssueCertificateInput,
): Step<IssueCertificateResult> {
  const { machineId, machineName, custody } = input;
  const subject = { machineId, machineName, custody };
  const run = context.activities<IssueCertificateActivities>(platformRetries);
  const turns = context.activities<ReserveTurnActivities>(persistentRetries);

  const passOver: string[] = [];
  let mayReplace = true;
  let since: string | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const id = `${context.instanceId}-${attempt}`;
    const description = yield* run.describeTurn({ ...subject, isInstall: input.isInstall });
    if ('thumbprint' in description) return description;
    const { request, authorities, replaces, renewalId, proofFailedBefore } = description;
    const turn = yield* turns.reserveTurn({
      reservation: id,
      request: { ...request, ...(since !== undefined && { since }) },
      passOver,
      ...(mayReplace && replaces && { replaces }),
    });
    if ('plan' in turn) {
      yield* run.recordWait({ ...subject, id, plan: turn.plan });
      return { postponed: turn.plan };
    }
    const { authority, account, isReplacement } = turn.granted;
    // An order that leads nowhere is no reason to wait at the end of the queue again.
    since = turn.granted.since;
    const granted: Granted = { authority, account, reservation: id };
    if (isReplacement && renewalId !== undefined) granted.replaces = renewalId;
    try {
      return yield* orderFrom(context, input, granted);
    } catch (caught) {
      const error = context.toAppError(caught);
      const trouble = troubleOf(error, proofFailedBefore);
      // What got no answer, or was made and cannot be proven, may have been counted all the same.
      const isMade = trouble === 'outage' || error.code === 'certificate_challenge_failed';
      const outcome = isMade ? 'spent' : 'released';
      yield* turns.settleTurn({ authority, reservation: id, outcome });
      if (trouble === 'replacement') {
        mayReplace = false;
        continue;
      }
      passOver.push(authority);
      if (trouble === 'order' || (trouble === 'refusal' && passOver.length >= authorities.length))
        throw error;
      if (trouble !== 'refusal') {
        const { retryAfterMs, message: detail } = error;
        const closure = { authority, reservation: id, reason: trouble, detail };
        yield* turns.closeAuthority({ ...closure, ...(retryAfterMs !== undefined && { retryAfterMs }) });
      }
    }
  }
}

/** One order at one authority, from its names to its chain. */
function* orderFrom(
  context: OrchestrationContext,
  { machineId, machineName, custody, requestId }: IssueCertificateInput,
  { authority, account, reservation, replaces }: Granted,
): Step<{ thumbprint: string }> {
  const subject = { machineId, machineName, custody };
  const acme = context.activities<IssueCertificateActivities>(platformRetries);
  const turns = context.activities<ReserveTurnActivities>(persistentRetries);
  const patient = context.activities<IssueCertificateActivities>(persistentRetries);

  const { orderUrl, challenges, request } = yield* acme.placeOrder({
    ...subject,
    id: reservation,
    authority,
    ...(requestId !== undefined && { requestId }),
    ...(replaces !== undefined && { replaces }),
  });
  try {
    yield* untilPropagated(context, challenges, yield* acme.publishChallenges({ challenges }));
    const order = { authority, orderUrl };
    yield* untilOrderIs(context, order, 'ready', yield* acme.answerChallenges({ ...order, challenges }));
    yield* untilOrderIs(context, order, 'valid', yield* acme.finalizeOrder({ ...order, request }));
    // What is issued is paid for: an hour without the vault must not cost another order.
    return yield* patient.keepCertificate({ ...subject, authority, account, orderUrl });
  } finally {
    try {
      yield* patient.removeChallenges({ challenges });
    } finally {
      // Only now: an authority may count challenges, or what it issues, and then the token comes back from there on.
      yield* turns.settleTurn({ authority, reservation, outcome: 'spent' });
    }
  }
}

type Challenges = Parameters<IssueCertificateActivities['publishChallenges']>[0]['challenges'];
type OrderProgress = Awaited<ReturnType<IssueCertificateActivities['readOrder']>>;

/** An authority may ask any of the zone's servers: all of them must have the records first. */
function* untilPropagated(
  context: OrchestrationContext,
  challenges: Challenges,
  firstSeen: { servers: string[] },
): Step<void> {
  const acme = context.activities<IssueCertificateActivities>(platformRetries);
  const deadline = context.now().getTime() + propagationPatienceMs;
  let { servers } = firstSeen;
  for (let poll = 0; servers.length > 0; poll += 1) {
    if (context.now().getTime() > deadline) {
      throw new AppError('dns_not_propagated', `after 15 minutes not yet at ${servers.join(', ')}`, {
        facts: { servers },
      });
    }
    yield* context.sleep(propagationPollsMs[poll] ?? slowPropagationPollMs);
    ({ servers } = yield* acme.findUnpropagated({ challenges }));
  }
}

function* untilOrderIs(
  context: OrchestrationContext,
  order: { authority: string; orderUrl: string },
  wanted: 'ready' | 'valid',
  firstSeen: OrderProgress,
): Step<void> {
  const acme = context.activities<IssueCertificateActivities>(platformRetries);
  const deadline = context.now().getTime() + orderPatienceMs;
  let progress = firstSeen;
  for (let poll = 0; ; poll += 1) {
    // An order goes pending, ready, processing, valid: a later state has passed the wanted one.
    if (progress.state === wanted || progress.state === 'valid') return;
    if (context.now().getTime() > deadline) {
      throw new AppError(
        'certificate_order_timeout',
        `the order is ${progress.state} and not ${wanted} after 30 minutes`,
      );
    }
    const waitMs = Math.max(progress.retryAfterMs, orderPollsMs[poll] ?? slowOrderPollMs);
    if (waitMs > 0) yield* context.sleep(waitMs);
    progress = yield* acme.readOrder(order);
  }
}
