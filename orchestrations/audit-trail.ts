import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditEntry, boundEntry } from '#shared/domain/audit.ts';
import type { AuditHeadDocument } from '#shared/domain/audit-documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Change, MachineStore, Stored } from '#shared/ports/machine-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { type ChainedRecord, chainRecord, sealHead } from '#shared/protocol/audit-chain.ts';
import { currentAuditKey } from './audit-keys.ts';
import { inTurn } from './audit-lane.ts';
import { findPlace } from './audit-place.ts';

export interface AuditPorts {
  store: MachineStore;
  secrets: SecretStore;
  now(): Date;
}

/** Each loser of a race knows that another record was written: far more than ever write to one machine at once. */
const rounds = 200;
/** The first losers try again at once, the others somewhere within so many milliseconds. */
const atOnce = 3;
const longestPauseMs = 40;

const pause = (round: number): Promise<void> | undefined =>
  round <= atOnce ? undefined : sleep(Math.random() * Math.min(2 * round, longestPauseMs));

const isMismatch = (error: unknown): boolean => error instanceof AppError && error.code === 'etag_mismatch';
const isConditional = (change: Change): boolean => 'create' in change || 'replace' in change;

/**
 * Changes documents of one machine together with the record of who did it, as the next in the machine's chain: all or
 * nothing. Throws as `commit` does: `etag_mismatch` says that one of the given changes is stale, never that somebody else
 * wrote a record meanwhile. At most 98 changes with one entry. Who has the head of the chain already may give it.
 * Answers the new ETags of the changes in their order.
 */
export async function commitAudited(
  ports: AuditPorts,
  machineId: string,
  changes: readonly Change[],
  entry: AuditEntry | readonly AuditEntry[],
  known?: Stored<AuditHeadDocument>,
): Promise<(string | undefined)[]> {
  const entries = (Array.isArray(entry) ? entry : [entry]) as readonly AuditEntry[];
  return inTurn(ports.store, machineId, (left) =>
    commitChained(ports, machineId, { changes, entries, known: left ?? known }),
  );
}

async function commitChained(
  ports: AuditPorts,
  machineId: string,
  wanted: {
    changes: readonly Change[];
    entries: readonly AuditEntry[];
    known: Stored<AuditHeadDocument> | undefined;
  },
) {
  const { store } = ports;
  const { changes, entries, known } = wanted;
  const readHead = () => store.read(machineId, 'audit-head');
  let head = known ?? (await readHead());
  let isBehind = false;
  for (let round = 1; ; round += 1) {
    const records = await recordsOf(ports, machineId, { head, isBehind }, entries);
    const sealed = await sealOf(ports, records);
    const chained: Change[] = [
      ...records.map((record) => ({ create: record })),
      head ? { replace: sealed, etag: head.etag } : { create: sealed },
    ];
    try {
      const etags = await store.commit(machineId, [...changes, ...chained]);
      return {
        answer: etags.slice(0, changes.length),
        head: { document: sealed, etag: etags.at(-1) ?? '' },
      };
    } catch (error) {
      if (!isMismatch(error) || round === rounds) throw error;
      await pause(round);
      const again = await readHead();
      if (again?.etag === head?.etag) {
        isBehind = (await store.read(machineId, 'audit', records[0]?.key ?? '')) !== undefined;
        // Nobody wrote a record meanwhile: what is stale is the caller's.
        if (!isBehind && changes.some(isConditional)) throw error;
      }
      head = again;
    }
  }
}

/** The entries as records after the chain's present end. */
async function recordsOf(
  ports: AuditPorts,
  machineId: string,
  found: { head: Stored<AuditHeadDocument> | undefined; isBehind: boolean },
  entries: readonly AuditEntry[],
): Promise<ChainedRecord[]> {
  const at = ports.now().toISOString();
  const key = await currentAuditKey(ports.secrets, ports.now());
  const { place, broken, earlier } = await findPlace(ports, machineId, found.head?.document, found.isBehind);
  const records: ChainedRecord[] = [];
  for (const entry of [...(broken ? [broken] : []), ...entries]) {
    const first = records.length === 0 && earlier ? { earlier } : {};
    const record = { type: 'audit', machineId, at, ...boundEntry(entry), ...first } as const;
    records.push(chainRecord(key, records.at(-1) ?? place, record));
  }
  return records;
}

async function sealOf(
  { secrets, now }: AuditPorts,
  records: readonly ChainedRecord[],
): Promise<AuditHeadDocument> {
  const newest = records.at(-1);
  if (!newest) throw new Error('a change without an entry is no matter of the audit');
  return sealHead(await currentAuditKey(secrets, now()), newest);
}

/** A record that goes with no change: a refusal, a reading, something that happened elsewhere. */
export async function recordAudit(ports: AuditPorts, machineId: string, entry: AuditEntry): Promise<void> {
  await commitAudited(ports, machineId, [], entry);
}
