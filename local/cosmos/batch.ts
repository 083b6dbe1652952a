import { z } from 'zod';
import { badRequest, CosmosError, tooLarge } from './errors.ts';
import type { ItemOperations, ItemRequest, ItemResult } from './item-operations.ts';
import { maxDocumentBytes, requireFullKey } from './item-rules.ts';
import { chargeOfRead, chargeOfWrite } from './request-charge.ts';
import { SqlError } from './sql/syntax-error.ts';
import type { Json } from './sql/values.ts';
import type { Container } from './storage/containers.ts';
import type { Items } from './storage/items.ts';
import { parsePartitionKey, partitionText } from './storage/partition-key.ts';

/** The service takes at most 100 operations and 2 MB. */
const maxOperations = 100;

const common = {
  ifMatch: z.string().optional(),
  ifNoneMatch: z.string().optional(),
  /** Only in bulk requests, where each operation names its own: JSON text, as in the header. */
  partitionKey: z.string().optional(),
};
const id = z.string();
const resourceBody = z.json();
const operation = z.discriminatedUnion('operationType', [
  z.object({ ...common, operationType: z.enum(['Create', 'Upsert']), resourceBody }),
  z.object({ ...common, operationType: z.enum(['Replace', 'Patch']), id, resourceBody }),
  z.object({ ...common, operationType: z.enum(['Read', 'Delete']), id }),
]);
const operationList = z.array(operation).min(1).max(maxOperations);
type BatchOperation = z.infer<typeof operation>;

export interface BatchRequest {
  container: Container;
  /** The partition of an atomic batch; a bulk request has none. */
  partition: string | undefined;
  content: unknown;
  size: number;
  /** All or nothing (a transactional batch), or each for itself (bulk). */
  isAtomic: boolean;
  /** Bulk only: whether the operations after a failed one are tried. */
  continuesOnError: boolean;
  /** Leaves the written documents out of the answer. */
  isMinimal: boolean;
}

interface OperationResult {
  statusCode: number;
  requestCharge: number;
  subStatusCode?: number;
  eTag?: string;
  message?: string;
  resourceBody?: Json;
}

export interface BatchResult {
  /** 200 when every operation succeeded, 207 when one did not. */
  status: 200 | 207;
  results: OperationResult[];
  lsn: number;
}

/** Carries the results out of a transaction that it undoes. */
class BatchUndone extends Error {
  readonly results: OperationResult[];

  constructor(results: OperationResult[]) {
    super('batch undone');
    this.results = results;
  }
}

/** Throws 400 and 413 for a batch that is none; failures of its operations are in the result. */
export function executeBatch(items: Items, operations: ItemOperations, batch: BatchRequest): BatchResult {
  const list = parseBatch(batch);
  if (!batch.isAtomic) return executeEach(items, operations, batch, list);
  const all = (lsn: number): BatchResult => {
    const results: OperationResult[] = [];
    for (const each of list) {
      const result: OperationResult = attempt(() => run(operations, batch, each, lsn), batch.isMinimal);
      results.push(result);
      if (result.statusCode >= 400) throw new BatchUndone(results);
    }
    return { status: 200, results, lsn };
  };
  const isReading = list.every(({ operationType }) => operationType === 'Read');
  try {
    // Nothing comes in between, and nothing is written: no transaction, no new LSN.
    return isReading ? all(batch.container.lsn) : items.transact(batch.container, all);
  } catch (error) {
    if (!(error instanceof BatchUndone)) throw error;
    const failed = error.results.length - 1;
    const results = list.map((_, index) => (index === failed && error.results[index]) || dependent());
    return { status: 207, results, lsn: batch.container.lsn };
  }
}

/** 424: not done, or undone, because of another operation. */
const dependent = (): OperationResult => ({ statusCode: 424, requestCharge: 0 });

function parseBatch({ content, size }: BatchRequest): BatchOperation[] {
  if (size > maxDocumentBytes) throw tooLarge();
  const parsed = operationList.safeParse(content);
  if (parsed.success) return parsed.data;
  throw badRequest(`Batch request is invalid: ${z.prettifyError(parsed.error)}`);
}

function executeEach(
  items: Items,
  operations: ItemOperations,
  batch: BatchRequest,
  list: BatchOperation[],
): BatchResult {
  let lastLsn = batch.container.lsn;
  const results: OperationResult[] = [];
  let isStopped = false;
  for (const each of list) {
    const result: OperationResult = isStopped
      ? dependent()
      : attempt(
          () =>
            items.transact(batch.container, (lsn) => {
              const done = run(operations, batch, each, lsn);
              lastLsn = lsn;
              return done;
            }),
          batch.isMinimal,
        );
    results.push(result);
    isStopped ||= result.statusCode >= 400 && !batch.continuesOnError;
  }
  const isClean = results.every(({ statusCode }) => statusCode < 400);
  return { status: isClean ? 200 : 207, results, lsn: lastLsn };
}

function run(
  operations: ItemOperations,
  batch: BatchRequest,
  each: BatchOperation,
  lsn: number,
): ItemResult & Kind {
  const { container } = batch;
  const named = each.partitionKey === undefined ? undefined : parsePartitionKey(each.partitionKey);
  const partition = batch.partition ?? partitionText(requireFullKey(container, named));
  const conditions = { ifMatch: each.ifMatch, ifNoneMatch: each.ifNoneMatch };
  const request: ItemRequest = { container, partition, conditions, lsn };
  const isRead = each.operationType === 'Read';
  const result = (): ItemResult => {
    switch (each.operationType) {
      case 'Create':
        return operations.create(request, each.resourceBody);
      case 'Upsert':
        return operations.upsert(request, each.resourceBody);
      case 'Replace':
        return operations.replace(request, each.id, each.resourceBody);
      case 'Patch':
        return operations.patch(request, each.id, each.resourceBody);
      case 'Delete':
        return operations.delete(request, each.id);
      case 'Read':
        return operations.read(request, each.id);
    }
  };
  return { ...result(), isRead };
}

interface Kind {
  isRead: boolean;
}

/** What the operation did, or the error that it met, as one entry of the answer. */
function attempt(work: () => ItemResult & Kind, isMinimal: boolean): OperationResult {
  try {
    const { status, item, isRead } = work();
    const size = item?.body.length ?? 0;
    return {
      statusCode: status,
      requestCharge: isRead ? chargeOfRead(size) : chargeOfWrite(size),
      ...(item && { eTag: item.etag }),
      ...(item &&
        status !== 304 &&
        (isRead || !isMinimal) && { resourceBody: JSON.parse(item.body) as Json }),
    };
  } catch (error) {
    if (error instanceof SqlError) return { statusCode: 400, requestCharge: 1, message: error.message };
    if (!(error instanceof CosmosError)) throw error;
    return {
      statusCode: error.status,
      requestCharge: 1,
      message: error.message,
      ...(error.substatus !== undefined && { subStatusCode: error.substatus }),
    };
  }
}
