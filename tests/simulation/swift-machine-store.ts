import {
  type AnyDocument,
  type CertificateDocument,
  type DocumentOf,
  type DocumentType,
  documentId,
  idOf,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { summaryOf } from '#shared/domain/machine-summary.ts';
import type { Change, MachineStore, Together, Wanted } from '#shared/ports/machine-store.ts';

interface Item {
  document: AnyDocument;
  etag: string;
  /** Milliseconds; never without a lifetime. */
  endsAt: number;
}

interface Items extends Map<string, Item> {
  /** With so many it is looked for what has ended. */
  tidyAt?: number;
}

export interface SwiftStoreOptions {
  now(): number;
  /** Told of every batch after it is written. */
  onCommit(machineId: string, written: readonly AnyDocument[]): void;
}

/** What a partition holds at least before what has ended is looked for. */
const leastTidied = 60;

/**
 * The machine store for many thousands of writes a second: it keeps frozen documents instead of texts, an index of
 * the certificates, and no audit records (whoever listens to the commits has them).
 */
export function createSwiftMachineStore({ now, onCommit }: SwiftStoreOptions) {
  const partitions = new Map<string, Items>();
  const certificates = new Map<string, CertificateDocument>();
  let writes = 0;

  const itemsOf = (machineId: string): Items => {
    const found = partitions.get(machineId) ?? (new Map() as Items);
    partitions.set(machineId, found);
    return found;
  };
  const live = (item: Item | undefined): Item | undefined => (item && item.endsAt > now() ? item : undefined);

  function requireFresh(items: Items, change: Change): void {
    if ('put' in change || 'remove' in change) return;
    const id = idOf('create' in change ? change.create : change.replace);
    const found = live(items.get(id));
    const isStale = 'create' in change ? found !== undefined : found?.etag !== change.etag;
    if (isStale) throw new AppError('etag_mismatch', `${id} was changed meanwhile`);
  }

  function tidy(items: Items): void {
    if (items.size < (items.tidyAt ?? leastTidied)) return;
    for (const [id, { endsAt }] of items) if (endsAt <= now()) items.delete(id);
    items.tidyAt = Math.max(leastTidied, 2 * items.size);
  }

  function write(items: Items, document: AnyDocument): string {
    const etag = `"${(writes += 1)}"`;
    if (document.type === 'audit') return etag;
    const { ttlSeconds } = document;
    const endsAt = ttlSeconds === undefined ? Number.POSITIVE_INFINITY : now() + ttlSeconds * 1000;
    items.set(idOf(document), { document: Object.freeze(document), etag, endsAt });
    if (document.type === 'certificate') certificates.set(document.machineId, document);
    return etag;
  }

  const before = (date: 'dueAt' | 'checkAt', time: string, limit: number): CertificateDocument[] => {
    const found: CertificateDocument[] = [];
    for (const certificate of certificates.values()) {
      const at = certificate[date];
      if (at !== undefined && at <= time) found.push(certificate);
    }
    return found.toSorted((a, b) => ((a[date] ?? '') < (b[date] ?? '') ? -1 : 1)).slice(0, limit);
  };

  const everything = (): AnyDocument[] =>
    [...partitions.values()].flatMap((items) => [...items.values()].map(({ document }) => document));

  return {
    async read<T extends DocumentType>(machineId: string, type: T, key?: string) {
      const item = live(partitions.get(machineId)?.get(documentId(type, key)));
      return item && { document: item.document as DocumentOf<T>, etag: item.etag };
    },
    async readTogether<const W extends readonly Wanted[]>(machineId: string, wanted: W) {
      return wanted.map(({ type, key }) => {
        const item = live(partitions.get(machineId)?.get(documentId(type, key)));
        return item && { document: item.document, etag: item.etag };
      }) as Together<W>;
    },
    async list<T extends DocumentType>(machineId: string, type: T, limit: number) {
      if (type === 'audit') return [];
      return [...itemsOf(machineId).values()]
        .map(({ document }) => document)
        .filter((document): document is DocumentOf<T> => document.type === type)
        .slice(-limit)
        .toReversed();
    },
    async commit(machineId: string, changes: readonly Change[]) {
      const items = itemsOf(machineId);
      for (const change of changes) requireFresh(items, change);
      tidy(items);
      const written: AnyDocument[] = [];
      const etags = changes.map((change) => {
        if ('remove' in change) {
          items.delete(documentId(change.remove, change.key));
          if (change.remove === 'certificate') certificates.delete(machineId);
          return undefined;
        }
        const document = 'create' in change ? change.create : 'put' in change ? change.put : change.replace;
        written.push(document);
        return write(items, document);
      });
      onCommit(machineId, written);
      return etags;
    },
    /** The first of these dates, ISO 8601. */
    earliest(date: 'dueAt' | 'checkAt'): string | undefined {
      let first: string | undefined;
      for (const { [date]: at } of certificates.values())
        if (at !== undefined && (first === undefined || at < first)) first = at;
      return first;
    },
    async findDue(time: string, limit: number) {
      return before('dueAt', time, limit);
    },
    async findChecks(time: string, limit: number) {
      return before('checkAt', time, limit);
    },
    async listCertificates() {
      return [...certificates.values()];
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
      return everything()
        .filter((document) => document.type === 'machine')
        .map((machine) => summaryOf(machine, certificates.get(machine.machineId), undefined));
    },
  } satisfies MachineStore & Record<string, unknown>;
}
