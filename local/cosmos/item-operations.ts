import { badRequest, conflict, itemNotFound, preconditionFailed } from './errors.ts';
import { requireDocument, requireSamePartition } from './item-rules.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { prepareQuery } from './sql/execute.ts';
import type { JsonObject } from './sql/values.ts';
import type { Container } from './storage/containers.ts';
import type { ItemDocument, Items, StoredItem } from './storage/items.ts';

interface Conditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
}

/** One operation on one item, within a transaction. */
export interface ItemRequest {
  container: Container;
  partition: string;
  conditions: Conditions;
  lsn: number;
}

export interface ItemResult {
  status: number;
  /** The item as it is now; absent once it is deleted. */
  item: StoredItem | undefined;
}

export interface ItemOperations {
  create(request: ItemRequest, content: unknown): ItemResult;
  upsert(request: ItemRequest, content: unknown): ItemResult;
  replace(request: ItemRequest, id: string, content: unknown): ItemResult;
  patch(request: ItemRequest, id: string, content: unknown): ItemResult;
  delete(request: ItemRequest, id: string): ItemResult;
  /** 304 when the item still has the ETag of If-None-Match. Needs no transaction; `from` is where to look. */
  read(request: Omit<ItemRequest, 'lsn'>, id: string, from?: Pick<Items, 'find'>): ItemResult;
}

function requireMatch({ ifMatch }: Conditions, item: StoredItem): void {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== item.etag) throw preconditionFailed();
}

export function createItemOperations(items: Items, now: () => number): ItemOperations {
  const get = (
    { container, partition }: Pick<ItemRequest, 'container' | 'partition'>,
    id: string,
    from: Pick<Items, 'find'> = items,
  ) => {
    const item = from.find(container, partition, id);
    if (!item) throw itemNotFound();
    return item;
  };
  const checked = ({ container, partition }: ItemRequest, content: unknown): ItemDocument => {
    const document = requireDocument(content);
    requireSamePartition(container, partition, document);
    return document;
  };
  const write = (request: ItemRequest, document: ItemDocument, before?: StoredItem) =>
    items.put(request.container, request.lsn, request.partition, document, before);

  return {
    create(request, content) {
      const document = checked(request, content);
      if (items.find(request.container, request.partition, document.id)) throw conflict();
      return { status: 201, item: write(request, document) };
    },
    upsert(request, content) {
      const document = checked(request, content);
      const before = items.find(request.container, request.partition, document.id);
      if (before) requireMatch(request.conditions, before);
      return { status: before ? 200 : 201, item: write(request, document, before) };
    },
    replace(request, id, content) {
      const document = checked(request, content);
      const before = get(request, id);
      requireMatch(request.conditions, before);
      if (document.id !== id) throw badRequest('The id of an item cannot be changed.');
      return { status: 200, item: write(request, document, before) };
    },
    patch(request, id, content) {
      const { condition, operations } = parsePatch(content);
      const before = get(request, id);
      requireMatch(request.conditions, before);
      const document = JSON.parse(before.body) as JsonObject;
      if (condition !== undefined && !holds(condition, document, now())) throw preconditionFailed();
      applyPatch(document, operations, request.container.partitionPaths);
      return { status: 200, item: write(request, checked(request, document), before) };
    },
    delete(request, id) {
      const before = get(request, id);
      requireMatch(request.conditions, before);
      items.remove(request.container, before);
      return { status: 204, item: undefined };
    },
    read(request, id, from) {
      const item = get(request, id, from);
      const { ifNoneMatch } = request.conditions;
      const isKnown = ifNoneMatch === '*' || ifNoneMatch === item.etag;
      return { status: isKnown ? 304 : 200, item };
    },
  };
}

/** Whether a document satisfies `FROM c WHERE ...`. Throws SqlError. */
function holds(condition: string, document: JsonObject, now: number): boolean {
  const page = prepareQuery(`SELECT VALUE true ${condition}`).run({
    documents: () => [{ place: 1, value: document }],
    parameters: new Map(),
    now,
    maxItems: 1,
    continuation: undefined,
  });
  return page.items.length > 0;
}
