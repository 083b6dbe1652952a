import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import { createItemOperations, type ItemOperations } from './item-operations.ts';
import { type PreparedQuery, prepareQuery } from './sql/execute.ts';
import { type Containers, createContainers } from './storage/containers.ts';
import { createDatabases, type Databases } from './storage/databases.ts';
import { createHistory, type History } from './storage/history.ts';
import { createItems, type Items } from './storage/items.ts';
import { createTables } from './storage/schema.ts';

/** What the handlers of one account share. */
export interface Service {
  clock: Clock;
  databases: Databases;
  containers: Containers;
  items: Items;
  history: History;
  operations: ItemOperations;
  /** Texts of the queries that fanned out over all partitions, oldest first; the last thousand are kept. */
  crossPartitionQueries: string[];
  /** Parses a text once. Throws SqlError. */
  prepare(text: string): PreparedQuery;
}

const maxPrepared = 500;
const maxRemembered = 1_000;

export function createService(store: DatabaseSync, clock: Clock): Service {
  createTables(store);
  const history = createHistory(clock);
  const items = createItems(store, clock, history);
  const prepared = new Map<string, PreparedQuery>();
  return {
    clock,
    databases: createDatabases(store, clock),
    containers: createContainers(store, clock),
    items,
    history,
    operations: createItemOperations(items, () => clock.now()),
    crossPartitionQueries: [],
    prepare(text) {
      const known = prepared.get(text);
      if (known) return known;
      const query = prepareQuery(text);
      if (prepared.size >= maxPrepared) prepared.clear();
      prepared.set(text, query);
      return query;
    },
  };
}

export function rememberCrossPartition({ crossPartitionQueries }: Service, text: string): void {
  if (crossPartitionQueries.length >= maxRemembered) crossPartitionQueries.shift();
  crossPartitionQueries.push(text);
}
