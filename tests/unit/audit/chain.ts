import { commitAudited } from '#orchestrations/audit-trail.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { createMemoryMachineStore } from '../../support/memory-machine-store.ts';
import { createMemorySecretStore } from '../../support/memory-secret-store.ts';

export const machineId = 'a'.repeat(26);
const startMs = Date.UTC(2026, 9, 1, 12);

/** A machine's chain on stores in memory, with a clock that a test moves. */
export function openChain() {
  let nowMs = startMs;
  const store = createMemoryMachineStore(() => nowMs);
  const secrets = createMemorySecretStore({ [secretNames.auditKey]: ['first key of the audit'] });
  const ports = { store, secrets, now: () => new Date(nowMs) };
  return {
    store,
    secrets,
    ports,
    advance: (ms: number) => void (nowMs += ms),
    write: (entry: AuditEntry, id = machineId) => commitAudited(ports, id, [], entry),
    /** Oldest first. */
    records: async (id = machineId): Promise<AuditDocument[]> =>
      (await store.list(id, 'audit', 100_000)).toReversed(),
    head: async (id = machineId) => (await store.read(id, 'audit-head'))?.document,
  };
}
export type Chain = ReturnType<typeof openChain>;

export const entry = (action: AuditAction, more: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: { id: 'someone', name: 'someone@contoso.example', kind: 'user' },
  action,
  outcome: 'succeeded',
  ...more,
});
