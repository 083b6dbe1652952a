import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { inTransaction } from '#local/kit/store.ts';
import { parseResourceId, typeKey } from './resource-id.ts';
import type { ResourceStore } from './resource-store.ts';
import type { SeedResource } from './seeds.ts';
import type { TypeRules } from './type-rules.ts';

/** Writes the subscription and what should exist at start; what is there already and is the same stays as it is. */
export function sowSeeds(options: {
  database: DatabaseSync;
  resources: ResourceStore;
  types: ReadonlyMap<string, TypeRules>;
  subscriptionId: string;
  seed: readonly SeedResource[];
}): void {
  const { database, resources, types, subscriptionId, seed } = options;
  const sow = ({ id, body }: SeedResource) => {
    const parsed = parseResourceId(id);
    const rules = types.get(typeKey(parsed));
    if (!rules) throw new Error(`the seed ${id} has a type that the local resource manager does not have`);
    const existing = resources.get(parsed.key);
    if (existing && isDeepStrictEqual(existing.body, JSON.parse(JSON.stringify(body)))) return;
    const written = resources.put({ id, type: rules.type, body, secret: existing?.secret ?? {} });
    rules.onWritten?.(written, existing);
  };
  inTransaction(database, () => {
    resources.put({
      id: `/subscriptions/${subscriptionId}`,
      type: 'Microsoft.Resources/subscriptions',
      body: { properties: {} },
    });
    seed.forEach(sow);
  });
}
