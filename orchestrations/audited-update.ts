import type { AuditEntry } from '#shared/domain/audit.ts';
import type { DocumentOf, DocumentType } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Stored } from '#shared/ports/machine-store.ts';
import { type AuditPorts, commitAudited } from './audit-trail.ts';
import { getDocument } from './records.ts';

/** Writers of one document that race each other settle within a few rounds: each loser reads again. */
const rounds = 8;

/**
 * As `updateDocument`, with the record of who did it in the same batch. `change` answers undefined to leave everything as it
 * is; then nothing is recorded. Answers what is stored in the end.
 */
export async function updateAudited<T extends DocumentType>(
  ports: AuditPorts,
  { machineId, type, key }: { machineId: string; type: T; key?: string },
  change: (document: DocumentOf<T>) => { document: DocumentOf<T>; entry: AuditEntry } | undefined,
  known?: Stored<DocumentOf<T>>,
): Promise<DocumentOf<T>> {
  for (let round = 1; ; round += 1) {
    const { document, etag } =
      round === 1 && known ? known : await getDocument(ports.store, machineId, type, key);
    const changed = change(document);
    if (!changed) return document;
    try {
      await commitAudited(ports, machineId, [{ replace: changed.document, etag }], changed.entry);
      return changed.document;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}
