import type { DatabaseSync } from 'node:sqlite';
import { conflict } from '../errors.ts';
import { canonical, type JsonObject } from '../sql/values.ts';
import type { Container } from './containers.ts';
import { pathKeys, valueAt } from './property-paths.ts';

/** Keeps the values that the container's unique keys allow once per logical partition. */
export interface UniqueKeys {
  /** Takes the values for this item in place of those that it had. Throws 409 when another item has them. */
  claim(container: Container, partition: string, document: JsonObject, id: string): void;
}

export function createUniqueKeys(store: DatabaseSync): UniqueKeys {
  const release = store.prepare(
    'DELETE FROM cosmos_unique_values WHERE container = ? AND partition = ? AND id = ?',
  );
  const claimOne = store.prepare(
    'INSERT INTO cosmos_unique_values (container, partition, rule, value, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return {
    claim(container, partition, document, id) {
      const rules = container.definition.uniqueKeyPolicy?.uniqueKeys ?? [];
      if (rules.length === 0) return;
      release.run(container.number, partition, id);
      for (const [rule, { paths }] of rules.entries()) {
        // A missing value counts as null: two items without it collide.
        const value = canonical(paths.map((path) => valueAt(document, pathKeys(path)) ?? null));
        const { changes } = claimOne.run(container.number, partition, rule, value, id);
        if (changes === 0) throw conflict('Unique index constraint violation.');
      }
    },
  };
}
