import type { AuditEntry } from '#shared/domain/audit.ts';
import type { AuditDocument } from '#shared/domain/documents.ts';
import type { Change, MachineStore } from '#shared/ports/machine-store.ts';

export interface AuditPorts {
  store: MachineStore;
  now(): Date;
  newId(): string;
}

/**
 * Changes documents of one machine together with the record of who did it: all or nothing. Throws as `commit` does:
 * `etag_mismatch` says that one of the given changes is stale.
 */
export async function commitAudited(
  { store, now, newId }: AuditPorts,
  machineId: string,
  changes: readonly Change[],
  entry: AuditEntry,
): Promise<void> {
  const at = now().toISOString();
  const record: AuditDocument = { type: 'audit', machineId, key: `${at}-${newId()}`, at, ...entry };
  await store.commit(machineId, [...changes, { create: record }]);
}

/** A record that goes with no change: a refusal, a reading, something that happened elsewhere. */
export const recordAudit = (ports: AuditPorts, machineId: string, entry: AuditEntry): Promise<void> =>
  commitAudited(ports, machineId, [], entry);
