import {
  type AnyDocument,
  type DocumentOf,
  type DocumentType,
  documentId,
  idOf,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { summaryOf } from '#shared/domain/machine-summary.ts';
import type { Change, MachineStore, Together, Wanted } from '#shared/ports/machine-store.ts';

interface Item {
  /** As JSON: what is read is never what somebody else holds. */
  text: string;
  etag: string;
  /** Milliseconds; never without a lifetime. */
  endsAt: number;
}

const parse = <T extends DocumentType>({ text }: Item) => JSON.parse(text) as DocumentOf<T>;

/** The machine store in memory, with the same contract as the one on Cosmos. */
export function createMemoryMachineStore(now: () => number) {
  const partitions = new Map<string, Map<string, Item>>();
  let writes = 0;

  const partition = (machineId: string): Map<string, Item> => {
    const items = partitions.get(machineId) ?? new Map<string, Item>();
    return new Map([...items].filter(([, { endsAt }]) => endsAt > now()));
  };
  const documents = (machineId: string): AnyDocument[] =>
    [...partition(machineId).values()].map((item) => parse(item));
  const everything = (): AnyDocument[] => [...partitions.keys()].flatMap(documents);

  function apply(items: Map<string, Item>, change: Change): string | undefined {
    if ('remove' in change) {
      items.delete(documentId(change.remove, change.key));
      return undefined;
    }
    const document = 'create' in change ? change.create : 'put' in change ? change.put : change.replace;
    const id = idOf(document);
    const found = items.get(id);
    const isStale =
      ('create' in change && found !== undefined) || ('replace' in change && found?.etag !== change.etag);
    if (isStale) throw new AppError('etag_mismatch', `${id} was changed meanwhile`);
    const etag = `"${(writes += 1)}"`;
    const { ttlSeconds } = document;
    const endsAt = ttlSeconds === undefined ? Number.POSITIVE_INFINITY : now() + ttlSeconds * 1000;
    items.set(id, { text: JSON.stringify(document), etag, endsAt });
    return etag;
  }

  /** Without the date it is not among them, as in Cosmos. */
  const certificatesBefore = (date: 'dueAt' | 'checkAt', time: string, limit: number) =>
    everything()
      .filter((document) => document.type === 'certificate')
      .filter((certificate) => (certificate[date] ?? '9') <= time)
      .toSorted((a, b) => ((a[date] ?? '') < (b[date] ?? '') ? -1 : 1))
      .slice(0, limit);

  return {
    async read<T extends DocumentType>(machineId: string, type: T, key?: string) {
      const item = partition(machineId).get(documentId(type, key));
      return item && { document: parse<T>(item), etag: item.etag };
    },
    async readTogether<const W extends readonly Wanted[]>(machineId: string, wanted: W) {
      const items = partition(machineId);
      return wanted.map(({ type, key }) => {
        const item = items.get(documentId(type, key));
        return item && { document: parse(item), etag: item.etag };
      }) as Together<W>;
    },
    async list<T extends DocumentType>(machineId: string, type: T, limit: number, before?: string) {
      const end = before === undefined ? undefined : documentId(type, before);
      const ofType = [...partition(machineId)].filter(
        ([id]) => (id === type || id.startsWith(`${type}:`)) && (end === undefined || id < end),
      );
      return ofType
        .toSorted(([a], [b]) => (a < b ? 1 : -1))
        .slice(0, limit)
        .map(([, item]) => parse<T>(item));
    },
    async commit(machineId: string, changes: readonly Change[]) {
      const items = partition(machineId);
      const etags = changes.map((change) => apply(items, change));
      partitions.set(machineId, items);
      return etags;
    },
    async findDue(time: string, limit: number) {
      return certificatesBefore('dueAt', time, limit);
    },
    async findChecks(time: string, limit: number) {
      return certificatesBefore('checkAt', time, limit);
    },
    async listCertificates() {
      return everything().filter((document) => document.type === 'certificate');
    },
    async listMachines() {
      return everything().filter((document) => document.type === 'machine');
    },
    async findSessions(which: 'live' | 'recent', limit: number, machineId?: string) {
      return everything()
        .filter((document) => document.type === 'session')
        .filter((session) => machineId === undefined || session.machineId === machineId)
        .filter(
          ({ state }) =>
            state === 'open' || state === 'opening' || (which === 'recent' && state !== 'failed'),
        )
        .toSorted((one, other) => other.createdAt - one.createdAt)
        .slice(0, limit);
    },
    async surveyMachines() {
      return [...partitions.keys()].flatMap((machineId) => {
        const held = documents(machineId);
        const machine = held.find((document) => document.type === 'machine');
        const certificate = held.find((document) => document.type === 'certificate');
        const agent = held.find((document) => document.type === 'agent');
        return machine ? [summaryOf(machine, certificate, agent)] : [];
      });
    },
  } satisfies MachineStore;
}
