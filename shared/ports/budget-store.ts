import type { Bucket, Closure, Reservation, Waiter } from '#shared/domain/budget.ts';

/** All that is kept of one authority's budget, as it was read. */
export interface StoredBudget {
  /** Buckets that all machines share. */
  buckets: readonly Bucket[];
  closure?: Closure;
  waiters: readonly Waiter[];
  /** Of buckets and closure; undefined when there is no record yet. */
  etag: string | undefined;
}

export type BudgetChange =
  /** Writes buckets and closure; fails when they changed since they were read. */
  | { shared: { buckets: readonly Bucket[]; closure?: Closure }; etag: string | undefined }
  /** A bucket of one machine; written with the shared ones, so it needs no ETag of its own. */
  | { machineBucket: Bucket }
  | { reservation: Reservation }
  | { waiter: Waiter }
  /** Absent is success. */
  | { leave: string };

/**
 * The budgets of the authorities, one partition each (by the authority's name). `commit` is all or nothing; a stale
 * ETag throws `etag_mismatch` and changes nothing: whoever gets that reads again and decides again.
 * `store_unavailable` when it does not answer. Waiters, reservations and machines' buckets are forgotten when they
 * can no longer matter.
 */
export interface BudgetStore {
  read(authority: string): Promise<StoredBudget>;
  findReservation(authority: string, id: string): Promise<Reservation | undefined>;
  findMachineBuckets(authority: string, ids: readonly string[]): Promise<Bucket[]>;
  commit(authority: string, changes: readonly BudgetChange[]): Promise<void>;
}
