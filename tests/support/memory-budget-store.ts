import type { Bucket, Closure, Reservation, Waiter } from '#shared/domain/budget.ts';
import { bucketEndsAt, reservationEndsAt, waiterEndsAt } from '#shared/domain/budget-lifetimes.ts';
import { AppError } from '#shared/domain/error.ts';
import type { BudgetChange, BudgetStore } from '#shared/ports/budget-store.ts';

/** Values that end; as JSON text, so that what is read is never what somebody else holds. */
type Aging = Map<string, { text: string; endsAt: number }>;

interface Partition {
  shared?: { text: string; etag: string };
  waiters: Aging;
  reservations: Aging;
  machineBuckets: Aging;
}

/** The budget store in memory, with the same contract as the one on Cosmos. */
export function createMemoryBudgetStore(now: () => number): BudgetStore {
  const partitions = new Map<string, Partition>();
  let writes = 0;

  const empty = (): Partition => ({ waiters: new Map(), reservations: new Map(), machineBuckets: new Map() });
  const partitionOf = (authority: string): Partition => {
    const found = partitions.get(authority) ?? empty();
    partitions.set(authority, found);
    return found;
  };
  const put = (aging: Aging, id: string, value: object, endsAt: number): void => {
    aging.set(id, { text: JSON.stringify(value), endsAt: Math.max(endsAt, now() + 1) });
  };
  const forget = (aging: Aging): void => {
    for (const [id, { endsAt }] of aging) if (endsAt <= now()) aging.delete(id);
  };
  const find = <T>(aging: Aging, id: string): T | undefined => {
    const found = aging.get(id);
    return found && found.endsAt > now() ? (JSON.parse(found.text) as T) : undefined;
  };

  function apply(partition: Partition, change: BudgetChange): void {
    if ('shared' in change) {
      partition.shared = { text: JSON.stringify(change.shared), etag: `"${(writes += 1)}"` };
    } else if ('machineBucket' in change) {
      const { machineBucket: bucket } = change;
      put(partition.machineBuckets, bucket.id, bucket, bucketEndsAt(bucket));
    } else if ('reservation' in change) {
      const { reservation } = change;
      put(partition.reservations, reservation.id, reservation, reservationEndsAt(reservation));
    } else if ('waiter' in change) {
      put(partition.waiters, change.waiter.machineId, change.waiter, waiterEndsAt(change.waiter));
    } else partition.waiters.delete(change.leave);
  }

  return {
    async read(authority) {
      const { shared, waiters } = partitionOf(authority);
      forget(waiters);
      const kept = shared && (JSON.parse(shared.text) as { buckets: Bucket[]; closure?: Closure });
      return {
        buckets: kept?.buckets ?? [],
        ...(kept?.closure && { closure: kept.closure }),
        waiters: [...waiters.values()].map(({ text }) => JSON.parse(text) as Waiter),
        etag: shared?.etag,
      };
    },
    async findReservation(authority, id) {
      return find<Reservation>(partitionOf(authority).reservations, id);
    },
    async findMachineBuckets(authority, ids) {
      const { machineBuckets } = partitionOf(authority);
      return ids.flatMap((id) => find<Bucket>(machineBuckets, id) ?? []);
    },
    async commit(authority, changes) {
      const partition = partitionOf(authority);
      const isStale = changes.some((change) => 'shared' in change && change.etag !== partition.shared?.etag);
      if (isStale) throw new AppError('etag_mismatch', `the budget of ${authority} was changed meanwhile`);
      for (const change of changes) apply(partition, change);
    },
  };
}
