import { createManualClock } from '#local/kit/clock.ts';
import {
  createReserveTurnActivities,
  type ReserveTurnInput,
} from '#orchestrations/reserve-turn/activities.ts';
import type { RateLimit, TurnRequest } from '#shared/domain/budget.ts';
import { AppError } from '#shared/domain/error.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import { createMemoryBudgetStore } from './memory-budget-store.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A limit of the zone, refilled once a minute. */
export const limit = (changes: Partial<RateLimit> = {}): RateLimit => ({
  id: 'orders',
  title: 'Orders',
  capacity: 2,
  refillMs: minute,
  scope: 'zone',
  freeForReplacements: false,
  ...changes,
});

export interface PlannedAuthority extends CertificateAuthority {
  limits: readonly RateLimit[];
  /** What `ensureAccount` throws, if anything. */
  trouble: AppError | undefined;
  accountsAsked: number;
}

/** An authority of which only the planner's side is there: its limits and its account. */
export function plannedAuthority(
  name: string,
  limits: readonly RateLimit[],
  custodies: CertificateAuthority['custodies'] = ['vault', 'machine'],
): PlannedAuthority {
  const absent = async (): Promise<never> => {
    throw new AppError('internal_error', 'the planner sends no orders');
  };
  return {
    name,
    authority: `https://${name}.test/directory`,
    vaultIssuer: 'Unknown',
    custodies,
    limits,
    trouble: undefined,
    accountsAsked: 0,
    async ensureAccount() {
      this.accountsAsked += 1;
      if (this.trouble) throw this.trouble;
      return `https://${name}.test/account/1`;
    },
    caaIdentities: absent,
    createOrder: absent,
    answerChallenge: absent,
    readOrder: absent,
    finalizeOrder: absent,
    downloadChain: absent,
    renewalAdvice: absent,
    revoke: absent,
  };
}

/** The leaf in service that an authority of these issued. */
export const issuedBy = ({ name, authority }: CertificateAuthority, account = 1) => ({
  name,
  authority,
  account: `https://${name}.test/account/${account}`,
});

export const start = Date.parse('2026-10-05T00:00:00.000Z');
export const iso = (ms: number): string => new Date(ms).toISOString();

export function turnRequest(machineId: string, changes: Partial<TurnRequest> = {}): TurnRequest {
  return {
    machineId,
    machineName: `name-${machineId}`,
    urgency: 'install',
    custody: 'vault',
    since: iso(start),
    ...changes,
  };
}

/** The activities over a store in memory, with a clock that is moved by hand. */
export function createPlanner(
  authorities: readonly CertificateAuthority[],
  wrap: (store: BudgetStore) => BudgetStore = (store) => store,
) {
  const clock = createManualClock(start);
  const held = createMemoryBudgetStore(clock.now);
  const activities = createReserveTurnActivities({
    budgets: wrap(held),
    authorities,
    now: () => new Date(clock.now()),
    random: () => 0.1,
  });
  const reserve = (
    machineId: string,
    request: Partial<TurnRequest> = {},
    input: Partial<ReserveTurnInput> = {},
  ) =>
    activities.reserveTurn({
      reservation: `issue-${machineId}`,
      request: turnRequest(machineId, request),
      passOver: [],
      ...input,
    });
  return { ...activities, reserve, clock, budgets: held };
}
