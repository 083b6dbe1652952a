import { type DocumentOf, type DocumentType, documentId } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { Change, MachineStore, Stored } from '#shared/ports/machine-store.ts';

/** Writers of one document that race each other settle within a few rounds: each loser reads again. */
const rounds = 8;

/** Reads, or throws when the document is not there. */
export async function getDocument<T extends DocumentType>(
  store: MachineStore,
  machineId: string,
  type: T,
  key?: string,
): Promise<Stored<DocumentOf<T>>> {
  const found = await store.read(machineId, type, key);
  if (found) return found;
  const code =
    type === 'machine' ? 'machine_not_found' : type === 'operation' ? 'operation_not_found' : 'not_found';
  throw new AppError(code, `there is no ${documentId(type, key)} of machine ${machineId}`);
}

/**
 * Changes one document by ETag: reads, asks `change` for what to write, commits, and begins anew when somebody
 * else was faster. `change` answers undefined to leave everything as it is. Answers what is stored in the end.
 */
export async function updateDocument<T extends DocumentType>(
  store: MachineStore,
  machineId: string,
  type: T,
  key: string | undefined,
  change: (document: DocumentOf<T>) => { document: DocumentOf<T>; with?: readonly Change[] } | undefined,
): Promise<DocumentOf<T>> {
  for (let round = 1; ; round += 1) {
    const { document, etag } = await getDocument(store, machineId, type, key);
    const changed = change(document);
    if (!changed) return document;
    try {
      await store.commit(machineId, [{ replace: changed.document, etag }, ...(changed.with ?? [])]);
      return changed.document;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}
