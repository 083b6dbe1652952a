import type {
  AnyDocument,
  CertificateDocument,
  DocumentOf,
  DocumentType,
  MachineDocument,
  SessionDocument,
} from '#shared/domain/documents.ts';
import type { MachineSummary } from '#shared/domain/machine-summary.ts';

/** A document as it was read, with the ETag that a later replace must present. */
export interface Stored<T> {
  document: T;
  etag: string;
}

/** One document to read; those with a key have it. */
export interface Wanted {
  type: DocumentType;
  key?: string;
}

export type Together<W extends readonly Wanted[]> = {
  [I in keyof W]: Stored<DocumentOf<W[I]['type']>> | undefined;
};

export type Change =
  /** Fails when it exists. */
  | { create: AnyDocument }
  /** Fails when the ETag is not the current one. */
  | { replace: AnyDocument; etag: string }
  /** Writes whatever is there; only for documents with one writer. */
  | { put: AnyDocument }
  /** Succeeds when it is not there. */
  | { remove: DocumentType; key?: string };

/**
 * The documents of the machines. Every call stays in one machine's partition, but for the last six.
 *
 * - Absent: `read` answers undefined.
 * - Concurrent: `commit` is all or nothing; a create of an existing document or a stale ETag throws
 *   `etag_mismatch` and changes nothing. Whoever gets that reads again and decides again.
 * - Unreachable or throttled beyond the client's own retries: `store_unavailable`.
 */
export interface MachineStore {
  read<T extends DocumentType>(
    machineId: string,
    type: T,
    key?: string,
  ): Promise<Stored<DocumentOf<T>> | undefined>;
  /** As many `read`s, in one request when all of them are there; each answer in its place. */
  readTogether<const W extends readonly Wanted[]>(machineId: string, wanted: W): Promise<Together<W>>;
  /** Greatest key first, which is the newest; with `before` those with a lesser key alone. */
  list<T extends DocumentType>(
    machineId: string,
    type: T,
    limit: number,
    before?: string,
  ): Promise<DocumentOf<T>[]>;
  /** At most 100 changes, all of one machine. Answers the new ETags in their order (undefined for removals). */
  commit(machineId: string, changes: readonly Change[]): Promise<(string | undefined)[]>;
  /** Cross-partition, by index: certificates with `dueAt` at or before `now` (ISO 8601), the oldest first. */
  findDue(now: string, limit: number): Promise<CertificateDocument[]>;
  /** Cross-partition, by index: certificates with `checkAt` at or before `now`, the oldest first. */
  findChecks(now: string, limit: number): Promise<CertificateDocument[]>;
  /** Cross-partition: every certificate. */
  listCertificates(): Promise<CertificateDocument[]>;
  /** Cross-partition: every machine. */
  listMachines(): Promise<MachineDocument[]>;
  /**
   * Cross-partition: the sessions that are opening or open, whose time may be over; with `recent` those that ended too,
   * as long as they are kept. Newest first. With `machineId` those of this machine alone, from its partition: however many
   * there are that did not open or are over, none that is live is missing among them.
   */
  findSessions(which: 'live' | 'recent', limit: number, machineId?: string): Promise<SessionDocument[]>;
  /** Cross-partition: of every machine what a list shows, in no order. */
  surveyMachines(): Promise<MachineSummary[]>;
}
