import type { Container, ItemDefinition, JSONObject, OperationInput } from '@azure/cosmos';
import {
  type AnyDocument,
  type CertificateDocument,
  type DocumentOf,
  type DocumentType,
  documentId,
  idOf,
  type MachineDocument,
  type SessionDocument,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Change, MachineStore, Together, Wanted } from '#shared/ports/machine-store.ts';
import { cosmosNames } from '#shared/protocol/resource-names.ts';
import { type CosmosOptions, containerOf, guarded } from './cosmos-container.ts';
import { surveyMachines } from './cosmos-machine-survey.ts';

const conflict = new Set([404, 409, 412]);

/** Machines' documents in one Cosmos container, partitioned by machine id. */
export function createCosmosMachineStore(options: CosmosOptions): MachineStore {
  const container = containerOf(options, cosmosNames.machines);

  async function read<T extends DocumentType>(machineId: string, type: T, key?: string) {
    const items = await container();
    const response = await guarded(() => items.item(documentId(type, key), machineId).read<ItemDefinition>());
    if (!response.resource) return undefined;
    return { document: fromItem<T>(response.resource), etag: response.etag };
  }

  return {
    read,

    async readTogether<const W extends readonly Wanted[]>(machineId: string, wanted: W) {
      const items = await container();
      const operations = wanted.map(({ type, key }) => ({
        operationType: 'Read' as const,
        id: documentId(type, key),
      }));
      const { result = [] } = await guarded(() => items.items.batch(operations, machineId));
      const found = result.flatMap(({ statusCode, resourceBody, eTag }) =>
        statusCode === 200 && resourceBody && eTag !== undefined
          ? [{ document: fromItem(resourceBody as ItemDefinition), etag: eTag }]
          : [],
      );
      // A batch is all or nothing: with one that is not there it answers none.
      const isWhole = found.length === wanted.length;
      return (isWhole
        ? found
        : await Promise.all(
            wanted.map(({ type, key }) => read(machineId, type, key)),
          )) as unknown as Together<W>;
    },

    async list<T extends DocumentType>(machineId: string, type: T, limit: number, before?: string) {
      const items = await container();
      const where = `c.pk = @pk AND c.type = @type${before === undefined ? '' : ' AND c.key < @before'}`;
      const { resources } = await guarded(() =>
        items.items
          .query<ItemDefinition>(
            {
              query: `SELECT * FROM c WHERE ${where} ORDER BY c.key DESC OFFSET 0 LIMIT @limit`,
              parameters: [
                { name: '@pk', value: machineId },
                { name: '@type', value: type },
                { name: '@limit', value: limit },
                ...(before === undefined ? [] : [{ name: '@before', value: before }]),
              ],
            },
            { partitionKey: machineId },
          )
          .fetchAll(),
      );
      return resources.map((item) => fromItem<T>(item));
    },

    async commit(machineId, changes) {
      const items = await container();
      const operations = await Promise.all(changes.map((change) => toOperation(items, machineId, change)));
      const wanted = operations.filter((operation) => operation !== undefined);
      if (wanted.length === 0) return changes.map(() => undefined);
      const response = await guarded(() => items.items.batch(wanted, machineId));
      const results = response.result ?? [];
      const failed = results.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
      if (failed && conflict.has(failed.statusCode)) {
        throw new AppError('etag_mismatch', `a record of machine ${machineId} was changed meanwhile`);
      }
      if (failed) throw new AppError('store_unavailable', `the database answered ${failed.statusCode}`);
      const etags = results.map(({ eTag }) => eTag).values();
      // A removal has none, and one of what was not there was never sent.
      return operations.map((operation) => {
        const etag = operation && etags.next().value;
        return operation?.operationType === 'Delete' ? undefined : etag;
      });
    },

    async findDue(now, limit) {
      const items = await container();
      return findCertificatesBefore(items, 'dueAt', now, limit);
    },

    async findChecks(now, limit) {
      const items = await container();
      return findCertificatesBefore(items, 'checkAt', now, limit);
    },

    async listCertificates() {
      const items = await container();
      const { resources } = await guarded(() =>
        items.items.query<ItemDefinition>("SELECT * FROM c WHERE c.type = 'certificate'").fetchAll(),
      );
      return resources.map((item) => fromItem<'certificate'>(item)) satisfies CertificateDocument[];
    },

    async listMachines() {
      const items = await container();
      const { resources } = await guarded(() =>
        items.items.query<ItemDefinition>("SELECT * FROM c WHERE c.type = 'machine'").fetchAll(),
      );
      return resources.map((item) => fromItem<'machine'>(item)) satisfies MachineDocument[];
    },

    findSessions: async (which, limit, machineId) => findSessions(await container(), which, limit, machineId),

    surveyMachines: async () => surveyMachines(await container()),
  };
}

const sessionStates = {
  live: "c.state IN ('opening', 'open')",
  recent: "c.state IN ('opening', 'open', 'revoked', 'ended')",
} as const;

async function findSessions(
  items: Container,
  which: 'live' | 'recent',
  limit: number,
  machineId: string | undefined,
): Promise<SessionDocument[]> {
  const isOne = machineId !== undefined;
  const where = `${isOne ? 'c.pk = @pk AND ' : ''}c.type = 'session' AND ${sessionStates[which]}`;
  const { resources } = await guarded(() =>
    items.items
      .query<ItemDefinition>(
        {
          query: `SELECT * FROM c WHERE ${where} ORDER BY c.createdAt DESC OFFSET 0 LIMIT @limit`,
          parameters: [
            { name: '@limit', value: limit },
            ...(isOne ? [{ name: '@pk', value: machineId }] : []),
          ],
        },
        isOne ? { partitionKey: machineId } : {},
      )
      .fetchAll(),
  );
  return resources.map((item) => fromItem<'session'>(item));
}

/** By the index of that date, the oldest first; a certificate without the date is not among them. */
async function findCertificatesBefore(
  items: Container,
  date: 'dueAt' | 'checkAt',
  now: string,
  limit: number,
): Promise<CertificateDocument[]> {
  const { resources } = await guarded(() =>
    items.items
      .query<ItemDefinition>({
        query: `SELECT * FROM c WHERE c.type = 'certificate' AND c.${date} <= @now ORDER BY c.${date} OFFSET 0 LIMIT @limit`,
        parameters: [
          { name: '@now', value: now },
          { name: '@limit', value: limit },
        ],
      })
      .fetchAll(),
  );
  return resources.map((item) => fromItem<'certificate'>(item));
}

/** Cosmos's own members begin with an underscore; `pk`, `id` and `ttl` are ours to the store only. */
function fromItem<T extends DocumentType>(item: ItemDefinition): DocumentOf<T> {
  const { id: _id, pk, ttl, ...rest } = item;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('_')));
  const { documentId: kept, ...fields } = own;
  return {
    ...fields,
    ...(kept !== undefined && { id: kept }),
    machineId: pk,
    ...(ttl !== undefined && { ttlSeconds: ttl }),
  } as DocumentOf<T>;
}

/** A document may have an `id` of its own (a session, an operation); the store's id is another name. */
function toItem(document: AnyDocument): JSONObject {
  const { machineId, ttlSeconds, ...fields } = document;
  const own = 'id' in fields ? { documentId: fields.id } : {};
  const item = {
    ...fields,
    ...own,
    id: idOf(document),
    pk: machineId,
    ...(ttlSeconds !== undefined && { ttl: ttlSeconds }),
  };
  // The client wants plain JSON: members that are undefined go here.
  return JSON.parse(JSON.stringify(item)) as JSONObject;
}

async function toOperation(
  items: Container,
  machineId: string,
  change: Change,
): Promise<OperationInput | undefined> {
  if ('create' in change) return { operationType: 'Create', resourceBody: toItem(change.create) };
  if ('put' in change) return { operationType: 'Upsert', resourceBody: toItem(change.put) };
  if ('replace' in change) {
    return {
      operationType: 'Replace',
      id: idOf(change.replace),
      resourceBody: toItem(change.replace),
      ifMatch: change.etag,
    };
  }
  // Deleting what is not there fails a whole batch; absent is success here.
  const id = documentId(change.remove, change.key);
  const { resource } = await guarded(() => items.item(id, machineId).read());
  return resource ? { operationType: 'Delete', id } : undefined;
}
