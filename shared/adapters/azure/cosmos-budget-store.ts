import type { Container, ItemDefinition, JSONObject, OperationInput } from '@azure/cosmos';
import type { Bucket, Closure, Reservation, Waiter } from '#shared/domain/budget.ts';
import { bucketEndsAt, reservationEndsAt, waiterEndsAt } from '#shared/domain/budget-lifetimes.ts';
import { AppError } from '#shared/domain/error.ts';
import type { BudgetChange, BudgetStore, StoredBudget } from '#shared/ports/budget-store.ts';
import { cosmosNames } from '#shared/protocol/resource-names.ts';
import { type CosmosOptions, containerOf, guarded } from './cosmos-container.ts';

export interface CosmosBudgetStoreOptions extends CosmosOptions {
  /** Milliseconds since the epoch; what is kept until a moment gets its time to live from here. */
  now?: () => number;
}

interface SharedItem extends ItemDefinition {
  type: 'shared';
  buckets: Bucket[];
  closure?: Closure;
  _etag: string;
}
interface WaiterItem extends ItemDefinition {
  type: 'waiter';
  waiter: Waiter;
}

/** An id of ours may contain what an id of Cosmos may not (`/ \ ? #`). */
const itemId = (type: 'waiter' | 'reservation' | 'bucket', id: string) => `${type}:${encodeURIComponent(id)}`;
const sharedId = 'shared';

const conflict = new Set([404, 409, 412]);

/** The authorities' budgets in one Cosmos container, partitioned by the authority's name. */
export function createCosmosBudgetStore(options: CosmosBudgetStoreOptions): BudgetStore {
  const container = containerOf(options, cosmosNames.budgets);
  const { now = () => Date.now() } = options;

  /** Whole seconds; at least one, because Cosmos takes no zero. */
  const ttlUntil = (endsAt: number) => Math.max(1, Math.ceil((endsAt - now()) / 1000));

  async function readItem<T extends ItemDefinition>(authority: string, id: string): Promise<T | undefined> {
    const items = await container();
    const { resource } = await guarded(() => items.item(id, authority).read<T>());
    return resource;
  }

  async function toOperation(
    items: Container,
    authority: string,
    change: BudgetChange,
  ): Promise<OperationInput | undefined> {
    const item = (id: string, content: object, endsAt?: number): JSONObject =>
      // The client wants plain JSON: members that are undefined go here.
      JSON.parse(
        JSON.stringify({
          id,
          account: authority,
          ...content,
          ttl: endsAt === undefined ? undefined : ttlUntil(endsAt),
        }),
      ) as JSONObject;

    if ('shared' in change) {
      const resourceBody = item(sharedId, { type: 'shared', ...change.shared });
      return change.etag === undefined
        ? { operationType: 'Create', resourceBody }
        : { operationType: 'Replace', id: sharedId, resourceBody, ifMatch: change.etag };
    }
    if ('machineBucket' in change) {
      const { machineBucket: bucket } = change;
      const body = { type: 'bucket', bucket };
      return {
        operationType: 'Upsert',
        resourceBody: item(itemId('bucket', bucket.id), body, bucketEndsAt(bucket)),
      };
    }
    if ('reservation' in change) {
      const { reservation } = change;
      const body = { type: 'reservation', reservation };
      return {
        operationType: 'Upsert',
        resourceBody: item(itemId('reservation', reservation.id), body, reservationEndsAt(reservation)),
      };
    }
    if ('waiter' in change) {
      const { waiter } = change;
      const body = { type: 'waiter', waiter };
      return {
        operationType: 'Upsert',
        resourceBody: item(itemId('waiter', waiter.machineId), body, waiterEndsAt(waiter)),
      };
    }
    // Deleting what is not there fails a whole batch; absent is success here.
    const id = itemId('waiter', change.leave);
    const { resource } = await guarded(() => items.item(id, authority).read());
    return resource ? { operationType: 'Delete', id } : undefined;
  }

  return {
    async read(authority) {
      const items = await container();
      const query = {
        query: "SELECT * FROM c WHERE c.account = @account AND c.type IN ('shared', 'waiter')",
        parameters: [{ name: '@account', value: authority }],
      };
      const { resources } = await guarded(() =>
        items.items.query<SharedItem | WaiterItem>(query, { partitionKey: authority }).fetchAll(),
      );
      const shared = resources.find((item) => item.type === 'shared');
      return {
        buckets: shared?.buckets ?? [],
        ...(shared?.closure && { closure: shared.closure }),
        waiters: resources.filter((item) => item.type === 'waiter').map(({ waiter }) => waiter),
        etag: shared?._etag,
      } satisfies StoredBudget;
    },

    async findReservation(authority, id) {
      const found = await readItem<{ reservation: Reservation }>(authority, itemId('reservation', id));
      return found?.reservation;
    },

    async findMachineBuckets(authority, ids) {
      const found = await Promise.all(
        ids.map((id) => readItem<{ bucket: Bucket }>(authority, itemId('bucket', id))),
      );
      return found.flatMap((item) => (item ? [item.bucket] : []));
    },

    async commit(authority, changes) {
      const items = await container();
      const operations = await Promise.all(changes.map((change) => toOperation(items, authority, change)));
      const wanted = operations.filter((operation) => operation !== undefined);
      if (wanted.length === 0) return;
      const response = await guarded(() => items.items.batch(wanted, authority));
      const failed = (response.result ?? []).find(
        ({ statusCode }) => statusCode >= 400 && statusCode !== 424,
      );
      if (failed && conflict.has(failed.statusCode)) {
        throw new AppError('etag_mismatch', `the budget of ${authority} was changed meanwhile`);
      }
      if (failed) throw new AppError('store_unavailable', `the database answered ${failed.statusCode}`);
    },
  };
}
