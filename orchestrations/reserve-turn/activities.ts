import type { Bucket, Closure, Reservation, TurnRequest } from '#shared/domain/budget.ts';
import type { IssuancePlan, Issuer } from '#shared/domain/certificate.ts';
import { closeAgain, closureAt, type Trouble } from '#shared/domain/closure.ts';
import { AppError, toAppError } from '#shared/domain/error.ts';
import { settleBuckets } from '#shared/domain/settlement.ts';
import { emptyUntil, isFull, newBucket } from '#shared/domain/token-bucket.ts';
import {
  decideTurn,
  type LaterTurn,
  limitOfBucket,
  limitRefused,
  limitsThatCount,
  ownBucketIds,
  type TakenToken,
} from '#shared/domain/turn.ts';
import type { BudgetChange, BudgetStore, StoredBudget } from '#shared/ports/budget-store.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import { leaveQueue } from '../leave-queue.ts';

export interface ReserveTurnPorts {
  budgets: BudgetStore;
  /** In order of preference. */
  authorities: readonly CertificateAuthority[];
  now(): Date;
  /** In [0, 1). */
  random(): number;
}

export type ReserveTurnActivities = ReturnType<typeof createReserveTurnActivities>;

export interface ReserveTurnInput {
  /** The issue's own id: a repeated run finds what it reserved. */
  reservation: string;
  request: TurnRequest;
  /** Who issued the leaf in service. */
  replaces?: Issuer;
  /** Names of the authorities that failed this issue. */
  passOver: string[];
}

/** The order may be sent now, to this authority (by its configured name) and from this account. */
export interface GrantedTurn {
  authority: string;
  account: string;
  /** Whether the order may name the certificate that it replaces. */
  isReplacement: boolean;
  /** Since when the machine has waited for it, ISO 8601. */
  since: string;
}

/** Writers of one budget race each other; in every round one of them gets through. */
const rounds = 60;
/** The pause after a lost round is random below 10 ms, doubled each time, up to this. */
const longestPauseMs = 500;
/** When every authority failed an issue and none of them is closed. */
const tryAgainMs = 5 * 60_000;

/** What it says of an authority when there is no account to be had; other errors are not the authority's doing. */
const troubles: Readonly<Record<string, Closure['reason'] | undefined>> = {
  certificate_authority_unavailable: 'outage',
  certificate_rate_limited: 'rate-limited',
  certificate_order_refused: 'refused',
  // What one authority lacks here (a secret of its external account) keeps back no other.
  configuration_incomplete: 'refused',
};

/** Each of them can be repeated after a crash at any point. Times in answers are ISO 8601. */
export function createReserveTurnActivities({ budgets, authorities, now, random }: ReserveTurnPorts) {
  const time = () => now().getTime();

  /** Reads, decides and writes anew until nobody else was faster. */
  async function untilWritten<T>(attempt: () => Promise<T>): Promise<T> {
    for (let round = 1; ; round += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
        const pauseMs = random() * Math.min(10 * 2 ** (round - 1), longestPauseMs);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** Writes the shared record under its ETag; full buckets say nothing and are left out. */
  const sharedChange = (
    { etag, ...budget }: StoredBudget,
    changed: readonly Bucket[],
    closure = budget.closure,
  ): BudgetChange => {
    const ids = new Set(changed.map(({ id }) => id));
    const buckets = [...budget.buckets.filter(({ id }) => !ids.has(id)), ...changed];
    return {
      shared: { buckets: buckets.filter((bucket) => !isFull(bucket, time())), ...(closure && { closure }) },
      etag,
    };
  };

  const close = (authority: string, trouble: Trouble): Promise<Closure> =>
    untilWritten(async () => {
      const budget = await budgets.read(authority);
      const closure = closeAgain(budget.closure, trouble, time());
      if (closure !== budget.closure) await budgets.commit(authority, [sharedChange(budget, [], closure)]);
      return closure;
    });

  /** The account, or the closure of an authority where none is to be had. */
  async function accountOf(authority: CertificateAuthority): Promise<string | Closure> {
    try {
      return await authority.ensureAccount();
    } catch (caught) {
      const { code, message, retryAfterMs } = toAppError(caught);
      const reason = troubles[code];
      if (!reason) throw caught;
      return close(authority.name, { reason, detail: message, retryAfterMs });
    }
  }

  /** Until when, where the refusal names a limit that the order had a token of. */
  const emptyBucket = (authority: string, id: string, { reason, detail, retryAfterMs }: Trouble) =>
    untilWritten(async (): Promise<string | undefined> => {
      const limits = authorities.find(({ name }) => name === authority)?.limits ?? [];
      const limit = reason === 'rate-limited' ? limitRefused(limits, detail) : undefined;
      if (!limit || retryAfterMs === undefined) return undefined;
      const budget = await budgets.read(authority);
      const reservation = await budgets.findReservation(authority, id);
      const bucketId = reservation?.buckets.find((one) => limitOfBucket(limits, one) === limit);
      if (bucketId === undefined) return undefined;
      const isOwn = limit.scope === 'machine';
      const known = isOwn ? await budgets.findMachineBuckets(authority, [bucketId]) : budget.buckets;
      const until = time() + retryAfterMs;
      const bucket = known.find((one) => one.id === bucketId) ?? newBucket(bucketId);
      const emptied = emptyUntil(limit, bucket, until);
      await budgets.commit(authority, [
        sharedChange(budget, isOwn ? [] : [emptied]),
        ...(isOwn ? [{ machineBucket: emptied }] : []),
      ]);
      return new Date(until).toISOString();
    });

  async function look(authority: CertificateAuthority, { reservation, request }: ReserveTurnInput) {
    const budget = await budgets.read(authority.name);
    // After the budget: what is read later is never older, so a fresh budget comes with its reservations.
    const found = await budgets.findReservation(authority.name, reservation);
    const waiter = budget.waiters.find(({ machineId }) => machineId === request.machineId);
    return { authority, budget, waiter, reserved: found?.state === 'released' ? undefined : found };
  }
  type Look = Awaited<ReturnType<typeof look>>;

  async function decide({ authority, budget }: Look, request: TurnRequest, replaces: Issuer | undefined) {
    const { name, limits } = authority;
    const at = time();
    const known = closureAt(budget.closure, at) ?? (await accountOf(authority));
    const account = typeof known === 'string' ? known : undefined;
    const closure = typeof known === 'string' ? undefined : known;
    const isReplacement =
      replaces?.authority === authority.authority && (closure !== undefined || replaces.account === account);
    const isSameNames = request.renews === authority.authority;
    const order = { isReplacement, isSameNames };
    const ids = ownBucketIds(limitsThatCount(limits, order), request.machineName);
    const own = await budgets.findMachineBuckets(name, ids);
    const view = { limits, account, buckets: [...budget.buckets, ...own], closure, waiters: budget.waiters };
    const decided = decideTurn(view, { ...request, ...order }, at);
    return { decided, at, account: account ?? '', isReplacement };
  }

  async function grant({ budget, authority, waiter }: Look, taken: TakenToken[], reservation: Reservation) {
    const own = taken.filter(({ limit }) => limit.scope === 'machine');
    const shared = taken.filter(({ limit }) => limit.scope !== 'machine').map(({ bucket }) => bucket);
    await budgets.commit(authority.name, [
      // A machine's own bucket is guarded by the same ETag.
      ...(taken.length > 0 ? [sharedChange(budget, shared)] : []),
      ...own.map(({ bucket }) => ({ machineBucket: bucket })),
      { reservation },
      ...(waiter ? [{ leave: waiter.machineId }] : []),
    ]);
  }

  async function leaveOthers(looks: readonly Look[], stays?: string): Promise<void> {
    for (const { authority, waiter } of looks) {
      if (waiter && authority.name !== stays)
        await budgets.commit(authority.name, [{ leave: waiter.machineId }]);
    }
  }

  async function reserve(
    input: ReserveTurnInput,
    able: readonly CertificateAuthority[],
  ): Promise<{ granted: GrantedTurn } | { plan: IssuancePlan }> {
    const looks = await Promise.all(able.map((authority) => look(authority, input)));
    const { machineId, since } = input.request;
    const open = looks.filter(({ authority }) => !input.passOver.includes(authority.name));
    // Whoever waited at another authority keeps his place at this one.
    const waitedSince = [since, ...looks.flatMap(({ waiter }) => waiter?.since ?? [])].toSorted()[0] ?? since;
    const request = { ...input.request, since: waitedSince };

    const mine = open.find(({ reserved }) => reserved);
    if (mine?.reserved) {
      await leaveOthers(looks);
      const { account, isReplacement } = mine.reserved;
      return { granted: { authority: mine.authority.name, account, isReplacement, since: waitedSince } };
    }

    const offers: (LaterTurn & { authority: string })[] = [];
    for (const one of looks) {
      // What failed this issue is waited for only where it is known for how long.
      if (!open.includes(one) && !closureAt(one.budget.closure, time())) continue;
      const { decided, at, account, isReplacement } = await decide(one, request, input.replaces);
      if (decided.kind === 'now') {
        const buckets = decided.taken.map(({ bucket }) => bucket.id);
        const reservedAt = new Date(at).toISOString();
        await grant(one, decided.taken, {
          id: input.reservation,
          machineId,
          account,
          isReplacement,
          buckets,
          at: reservedAt,
          state: 'reserved',
        });
        await leaveOthers(looks, one.authority.name);
        return { granted: { authority: one.authority.name, account, isReplacement, since: waitedSince } };
      }
      offers.push({ ...decided, authority: one.authority.name });
    }

    const [best] = offers.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
    if (!best) {
      const turnAt = new Date(time() + tryAgainMs).toISOString();
      const reason = 'Every certificate authority failed this order; all are tried again.';
      return { plan: { authority: able[0]?.name ?? '', turnAt, ahead: 0, reason } };
    }
    await budgets.commit(best.authority, [{ waiter: best.waiter }]);
    await leaveOthers(looks, best.authority);
    const { authority, at: turnAt, ahead, reason } = best;
    return { plan: { authority, turnAt, ahead, reason } };
  }

  return {
    /** A place in the budget of the first authority that has one now, else a date and a place in one queue. */
    async reserveTurn(input: ReserveTurnInput): Promise<{ granted: GrantedTurn } | { plan: IssuancePlan }> {
      const { custody } = input.request;
      const able = authorities.filter(({ custodies }) => custodies.includes(custody));
      if (able.length === 0) {
        const detail = `no certificate authority is configured that issues for a key held by the ${custody}`;
        throw new AppError('configuration_incomplete', detail);
      }
      return untilWritten(() => reserve(input, able));
    },

    /** `spent` once an order was sent, or may have been; `released` when none was: its tokens are there again. */
    async settleTurn(input: {
      authority: string;
      reservation: string;
      outcome: 'spent' | 'released';
    }): Promise<void> {
      const { authority, outcome } = input;
      const limits = authorities.find(({ name }) => name === authority)?.limits ?? [];
      const find = () => budgets.findReservation(authority, input.reservation);
      const first = await find();
      // What was free took nothing from anybody: the shared record is not touched.
      if (first?.state === 'reserved' && first.buckets.length === 0) {
        await budgets.commit(authority, [{ reservation: { ...first, state: outcome } }]);
      }
      if (first?.state !== 'reserved' || first.buckets.length === 0) return;
      await untilWritten(async () => {
        const budget = await budgets.read(authority);
        const reservation = await find();
        if (reservation?.state !== 'reserved') return;
        const ownIds = reservation.buckets.filter((id) => limitOfBucket(limits, id)?.scope === 'machine');
        const own = await budgets.findMachineBuckets(authority, ownIds);
        const settle = (buckets: readonly Bucket[]) =>
          settleBuckets(limits, buckets, reservation, outcome, time());
        await budgets.commit(authority, [
          sharedChange(budget, settle(budget.buckets)),
          ...settle(own).map((machineBucket) => ({ machineBucket })),
          { reservation: { ...reservation, state: outcome } },
        ]);
      });
    },

    /**
     * No order goes there before `until`. With the refused order's `reservation`, a refusal for one known limit
     * empties that limit's bucket alone: what does not need it goes on, above all other machines.
     */
    async closeAuthority(
      input: Trouble & { authority: string; reservation?: string },
    ): Promise<{ until: string }> {
      const { authority, reservation, ...trouble } = input;
      const emptied = reservation !== undefined && (await emptyBucket(authority, reservation, trouble));
      return { until: emptied || (await close(authority, trouble)).until };
    },

    async leaveQueue({ machineId }: { machineId: string }): Promise<void> {
      await leaveQueue({ budgets, authorities }, machineId);
    },
  };
}
