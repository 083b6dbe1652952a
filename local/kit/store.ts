import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Texts are constants of the stand-ins; one that makes texts anew for ever begins anew here. */
const mostPrepared = 1000;

/** Compiles each text once, wherever it is prepared: callers read a statement to its end before they use it again. */
class Store extends DatabaseSync {
  readonly #prepared = new Map<string, StatementSync>();

  override prepare(text: string): StatementSync {
    const known = this.#prepared.get(text);
    if (known) return known;
    const statement = super.prepare(text);
    if (this.#prepared.size >= mostPrepared) this.#prepared.clear();
    this.#prepared.set(text, statement);
    return statement;
  }
}

/**
 * Opens one SQLite file for a stand-in. Write-ahead log with NORMAL synchronisation: a transaction that was
 * committed before the answer survives `kill -9` of the process (only a power cut could lose the last ones).
 * `:memory:` is for tests.
 */
export function openStore(file: string): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const database = new Store(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  return database;
}

/** Runs `work` in one transaction; a throw rolls all of it back. Nested calls join the outer transaction. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
