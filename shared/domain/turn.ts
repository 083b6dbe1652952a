import type { Bucket, Closure, RateLimit, Turn, TurnRequest, Urgency, Waiter } from './budget.ts';
import { emergencyAt } from './renewal.ts';
import { newBucket, nthTokenAt, settleForgotten, takeToken } from './token-bucket.ts';

/** One authority's budget as it was read, for one machine. */
export interface BudgetView {
  limits: readonly RateLimit[];
  /** Unknown while nobody can ask a closed authority for it: its buckets are then found by their limit alone. */
  account: string | undefined;
  /** Those that all machines share, and this machine's own. */
  buckets: readonly Bucket[];
  closure?: Closure | undefined;
  waiters: readonly Waiter[];
}

export interface TurnQuestion extends TurnRequest {
  /** Whether the order can name what it replaces: the authority and account issued the leaf in service. */
  isReplacement: boolean;
  /** Whether the authority has issued for these very names before. */
  isSameNames: boolean;
}

/** The answer, and what is to be written for it to be true. */
export type DecidedTurn =
  | (Extract<Turn, { kind: 'now' }> & { /** The buckets with a token less. */ taken: TakenToken[] })
  | LaterTurn;
export type LaterTurn = Extract<Turn, { kind: 'later' }> & { waiter: Waiter };

export interface TakenToken {
  limit: RateLimit;
  bucket: Bucket;
}

const rank: Record<Urgency, number> = { urgent: 0, install: 1, renewal: 2 };

/** One that did not come back this long after its turn does not hold up the others. */
const absenceMs = 60 * 60_000;

export const isWaiting = ({ turnAt }: Waiter, now: number): boolean => Date.parse(turnAt) + absenceMs >= now;

type Standing = Pick<Waiter, 'machineId' | 'urgency' | 'since' | 'expiresAt'>;

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Who goes first: 1. the urgent, by the end of what they serve (who serves nothing at once); 2. installs and 3.
 * renewals, by how long they wait. ISO 8601 in UTC sorts as text.
 */
export function compareStanding(one: Standing, other: Standing): number {
  const byExpiry =
    one.urgency === 'urgent' && other.urgency === 'urgent'
      ? compareText(one.expiresAt ?? '', other.expiresAt ?? '')
      : 0;
  return (
    rank[one.urgency] - rank[other.urgency] ||
    byExpiry ||
    compareText(one.since, other.since) ||
    compareText(one.machineId, other.machineId)
  );
}

/** The limits of which an order needs a token. */
export const limitsThatCount = (
  limits: readonly RateLimit[],
  { isReplacement, isSameNames }: Pick<TurnQuestion, 'isReplacement' | 'isSameNames'>,
): RateLimit[] =>
  limits.filter(
    ({ freeForReplacements, freeForSameNames = false }) =>
      !(isReplacement && freeForReplacements) && !(isSameNames && freeForSameNames),
  );

/** Id of the bucket that a limit has for this account and machine. */
function bucketIdOf(
  limit: Pick<RateLimit, 'id' | 'scope'>,
  { account, machineName }: { account: string; machineName: string },
): string {
  if (limit.scope === 'zone') return limit.id;
  return `${limit.id}:${limit.scope === 'account' ? account : machineName}`;
}

/** Ids of the buckets that this machine shares with no other. */
export const ownBucketIds = (limits: readonly RateLimit[], machineName: string): string[] =>
  limits
    .filter(({ scope }) => scope === 'machine')
    .map((limit) => bucketIdOf(limit, { account: '', machineName }));

/** The limit that a bucket counts for. */
export const limitOfBucket = (limits: readonly RateLimit[], bucketId: string): RateLimit | undefined =>
  limits.find(({ id }) => bucketId === id || bucketId.startsWith(`${id}:`));

/** The limit that a refusal speaks of, where the authority's words are known. */
export const limitRefused = (limits: readonly RateLimit[], detail: string): RateLimit | undefined =>
  limits.find(({ refusal }) => refusal !== undefined && new RegExp(refusal, 'i').test(detail));

/** The emptiest bucket of a shared limit, for readers who do not know the account. */
export const emptiestBucket = (limit: RateLimit, buckets: readonly Bucket[]): Bucket =>
  buckets
    .filter(({ id }) => id === limit.id || id.startsWith(`${limit.id}:`))
    .toSorted((one, other) => nthTokenAt(limit, other, 0, 1) - nthTokenAt(limit, one, 0, 1))[0] ??
  newBucket(limit.id);

function bucketOf(view: BudgetView, limit: RateLimit, machineName: string, now: number): Bucket {
  const { account, buckets } = view;
  if (account === undefined && limit.scope === 'account') return emptiestBucket(limit, buckets);
  const id = bucketIdOf(limit, { account: account ?? '', machineName });
  return settleForgotten(limit, buckets.find((bucket) => bucket.id === id) ?? newBucket(id), now);
}

/** Whether now, or when, and what is to be written. `now` is milliseconds since the epoch. */
export function decideTurn(view: BudgetView, question: TurnQuestion, now: number): DecidedTurn {
  const decided = decide(view, question, now);
  const { leaf, urgency } = question;
  if (decided.kind === 'now' || urgency !== 'renewal' || !leaf) return decided;
  // A renewal that would have its turn in the emergency is one already: later it would be behind more of them.
  const isLate = Date.parse(decided.at) > emergencyAt(leaf);
  return isLate ? decide(view, { ...question, urgency: 'urgent' }, now) : decided;
}

function decide(view: BudgetView, question: TurnQuestion, now: number): DecidedTurn {
  const { machineId, machineName, urgency, leaf } = question;
  const others = view.waiters.filter((waiter) => waiter.machineId !== machineId && isWaiting(waiter, now));
  const standing: Standing = {
    machineId,
    urgency,
    since: sinceOf(view, question),
    ...(leaf && { expiresAt: leaf.notAfter }),
  };
  const before = others.filter((other) => compareStanding(other, standing) < 0);
  const from = view.closure ? Math.max(now, Date.parse(view.closure.until)) : now;

  const waits = limitsThatCount(view.limits, question).map((limit) => {
    const bucket = bucketOf(view, limit, machineName, now);
    const isShared = limit.scope !== 'machine';
    const ahead = isShared ? before.filter(({ needs }) => needs.includes(limit.id)).length : 0;
    return { limit, bucket, isShared, ahead, at: nthTokenAt(limit, bucket, from, ahead + 1) };
  });
  const longest = waits.toSorted((one, other) => other.at - one.at)[0];
  const at = longest?.at ?? from;
  if (at <= now) {
    const taken = waits.map(({ limit, bucket }) => ({ limit, bucket: takeToken(bucket, now) }));
    return { kind: 'now', taken };
  }

  const closure = at === from ? view.closure : undefined;
  const keptBackBy = closure ? undefined : longest?.limit;
  const turnAt = new Date(at).toISOString();
  const shared = waits.filter(({ isShared }) => isShared).map(({ limit }) => limit.id);
  return {
    kind: 'later',
    at: turnAt,
    ahead: Math.max(0, ...waits.map(({ ahead }) => ahead)),
    reason: [closure && reasonOfClosure(closure), keptBackBy && reasonOfLimit(keptBackBy)].join(''),
    // Nobody waits behind one that its own machine's limit keeps back.
    waiter: { ...standing, turnAt, needs: keptBackBy?.scope === 'machine' ? [] : shared },
  };
}

/** Whoever asks again keeps his place. */
function sinceOf(view: BudgetView, { machineId, since }: TurnQuestion): string {
  const known = view.waiters.find((waiter) => waiter.machineId === machineId)?.since;
  return known !== undefined && known < since ? known : since;
}

const reasonOfClosure = ({ until, reason, detail }: Closure): string =>
  `The authority takes no orders until ${until} (${reason}): ${detail}`;

const reasonOfLimit = ({ title, capacity, refillMs }: RateLimit): string =>
  `${title}: ${capacity} at once and one more every ${inWords(refillMs)}.`;

/** `36 s`, `201.6 min`, `33.6 h`. */
function inWords(ms: number): string {
  const [size, unit] =
    ms < 120_000
      ? ([1_000, 's'] as const)
      : ms < 12 * 3_600_000
        ? ([60_000, 'min'] as const)
        : ([3_600_000, 'h'] as const);
  return `${Number((ms / size).toFixed(1))} ${unit}`;
}
