import type { Expression, Query } from './sql/ast.ts';
import { documentPath } from './sql/property-path.ts';
import type { Value } from './sql/values.ts';
import type { Partitions } from './storage/items.ts';
import { type PartitionKey, partitionText, prefixRange } from './storage/partition-key.ts';

/** What a partition key of the header selects: all of it one partition, a part of a hierarchical one a range. */
export function partitionsOf(key: PartitionKey | undefined, paths: readonly string[][]): Partitions {
  if (!key || key.length === 0) return { kind: 'all' };
  if (key.length >= paths.length) return { kind: 'one', partition: partitionText(key) };
  return { kind: 'range', ...prefixRange(key) };
}

/** The partition key that the WHERE clause pins with `c.key = value AND ...`, as the service's query plan finds it. */
export function pinnedKey(
  query: Query,
  paths: readonly string[][],
  parameters: ReadonlyMap<string, Value>,
): PartitionKey | undefined {
  const { where } = query;
  if (!where) return undefined;
  const conditions = where.kind === 'logical' && where.operator === 'AND' ? where.operands : [where];
  const pinned = new Map(conditions.flatMap((condition) => equality(condition, query, parameters)));
  const key: Value[] = [];
  for (const path of paths) {
    const name = path.join('/');
    const value = pinned.get(name);
    if (value === undefined) break;
    key.push(value);
  }
  return key.length > 0 ? key : undefined;
}

function equality(
  condition: Expression,
  query: Query,
  parameters: ReadonlyMap<string, Value>,
): [path: string, value: Value][] {
  if (condition.kind !== 'binary' || condition.operator !== '=') return [];
  const sides = [
    [condition.left, condition.right],
    [condition.right, condition.left],
  ] as const;
  return sides.flatMap(([property, constant]) => {
    const path = documentPath(property, query);
    const value =
      constant.kind === 'literal'
        ? constant.value
        : constant.kind === 'parameter'
          ? parameters.get(constant.name)
          : undefined;
    const isKey = value === null || (value !== undefined && typeof value !== 'object');
    return path && isKey ? [[path.join('/'), value] as [string, Value]] : [];
  });
}
