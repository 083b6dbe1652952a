import type { AuditBreak } from '#shared/domain/audit.ts';
import type { AuditDocument, AuditHeadDocument } from '#shared/domain/audit-documents.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { auditKeyOf, placeOf } from '#shared/protocol/audit-chain.ts';
import { createVerification } from '#shared/protocol/audit-verification.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';

export interface AuditReadingPorts {
  store: MachineStore;
  secrets: SecretStore;
}

/** Records that are in memory at a time. */
const pageSize = 500;

/** All records of a machine, newest first, with a lesser key than `before`; read so many at a time. */
export async function* readAudit(
  { store }: Pick<AuditReadingPorts, 'store'>,
  machineId: string,
  { before, size = pageSize }: { before?: string | undefined; size?: number } = {},
): AsyncGenerator<AuditDocument> {
  let next = before;
  for (;;) {
    const page = await store.list(machineId, 'audit', size, next);
    yield* page;
    next = page.at(-1)?.key;
    if (page.length < size) return;
  }
}

export interface VerifiedAudit {
  records: number;
  earlier: number;
  head: AuditHeadDocument | undefined;
  broken?: AuditBreak;
}

/**
 * Checks the whole chain of a machine. A break is looked at twice: records are written meanwhile, and what is read of a
 * database in several places may lag.
 */
export async function verifyAudit(
  ports: AuditReadingPorts,
  machineId: string,
  noted?: { sequence: number; mac?: string | undefined },
): Promise<VerifiedAudit> {
  const first = await verifyOnce(ports, machineId, noted);
  return first.broken ? verifyOnce(ports, machineId, noted) : first;
}

async function verifyOnce(
  ports: AuditReadingPorts,
  machineId: string,
  noted: { sequence: number; mac?: string | undefined } | undefined,
): Promise<VerifiedAudit> {
  const versions = await ports.secrets.listSecretVersions(secretNames.auditKey);
  const keys = new Map(versions.map((one) => [one.version, one]));
  const head = await readHead(ports, machineId);
  const verification = createVerification({ head, keys, noted });
  let isAfterHead = head !== undefined;
  for await (const record of readAudit(ports, machineId)) {
    // Written since the head was read, where the head says so by now; else it is judged.
    if (isAfterHead && (placeOf(record.key) ?? 0) > (head?.sequence ?? 0)) {
      const now = await readHead(ports, machineId);
      if (now && now.sequence >= (placeOf(record.key) ?? 0)) continue;
    }
    isAfterHead = false;
    verification.take(record);
  }
  return { ...verification.end(), head };
}

const readHead = async ({ store }: Pick<AuditReadingPorts, 'store'>, machineId: string) =>
  (await store.read(machineId, 'audit-head'))?.document;

/** Where the list goes on that ended before this record. */
export const keyBefore = (sequence: number | undefined): string | undefined =>
  sequence === undefined ? undefined : auditKeyOf(sequence);

/** Records after one and up to another, oldest first; those of before the chain come before the first. */
export async function* readOldestFirst(
  ports: Pick<AuditReadingPorts, 'store'>,
  machineId: string,
  after: number,
  upTo: number,
): AsyncGenerator<AuditDocument> {
  if (after === 0) {
    const earlier: AuditDocument[] = [];
    for await (const record of readAudit(ports, machineId, { before: auditKeyOf(1) })) earlier.push(record);
    yield* earlier.toReversed();
  }
  for (let begin = after; begin < upTo; begin += pageSize) {
    const end = Math.min(begin + pageSize, upTo);
    const page = await ports.store.list(machineId, 'audit', pageSize, auditKeyOf(end + 1));
    // Where records are missing the page reaches back.
    yield* page.filter(({ key }) => (placeOf(key) ?? 0) > begin).toReversed();
  }
}
