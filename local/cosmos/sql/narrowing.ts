import type { Expression, Query } from './ast.ts';
import { documentPath } from './property-path.ts';
import type { Value } from './values.ts';

type Bound = string | number;

/**
 * What the WHERE clause says of single properties, for a store that can look them up. Every document that the
 * query wants satisfies it; documents that satisfy it are still judged by the whole clause.
 */
export interface Narrowing {
  equal: { path: string[]; value: Bound }[];
  /** One of these, each once. */
  among: { path: string[]; values: Bound[] } | undefined;
  /** Inclusive, also where the query excludes the bound itself. */
  range: { path: string[]; least: Bound | undefined; most: Bound | undefined } | undefined;
}

type Comparison = { path: string[]; operator: string; value: Bound };

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
const plainKey = /^[A-Za-z_][\w-]*$/;

/** Undefined when the clause pins nothing that a store could look up. */
export function narrowingOf(query: Query, parameters: ReadonlyMap<string, Value>): Narrowing | undefined {
  const { where } = query;
  if (!where) return undefined;
  const conditions = where.kind === 'logical' && where.operator === 'AND' ? where.operands : [where];
  const found = conditions.flatMap((condition) => comparison(condition, query, parameters));
  const equal = found.filter(({ operator }) => operator === '=').map(({ path, value }) => ({ path, value }));
  const range = rangeOf(found.filter(({ operator }) => operator !== '='));
  const among = conditions.map((condition) => listed(condition, query, parameters)).find(Boolean);
  return equal.length > 0 || range || among ? { equal, among, range } : undefined;
}

/** `c.type IN ('a', 'b')`, when every one of them can be looked up. */
function listed(
  condition: Expression,
  query: Query,
  parameters: ReadonlyMap<string, Value>,
): Narrowing['among'] {
  if (condition.kind !== 'in') return undefined;
  const { needle, list } = condition;
  const found = list.flatMap((item) => one(needle, '=', constantOf(item, parameters), query));
  const [first] = found;
  if (!first || found.length < list.length) return undefined;
  return { path: first.path, values: [...new Set(found.map(({ value }) => value))] };
}

/** The bounds of the first property that has any; of several on one side, one is enough. */
function rangeOf(comparisons: Comparison[]): Narrowing['range'] {
  const [first] = comparisons;
  if (!first) return undefined;
  const name = first.path.join('/');
  const same = comparisons.filter(({ path }) => path.join('/') === name);
  const bound = (sign: string) => same.find(({ operator }) => operator.startsWith(sign))?.value;
  const [least, most] = [bound('>'), bound('<')];
  return { path: first.path, least: loosened(least, Math.floor), most: loosened(most, Math.ceil) };
}

/** Fractions may be read a little differently by the store, so a range ends at whole numbers. */
function loosened(value: Bound | undefined, round: (value: number) => number): Bound | undefined {
  return typeof value === 'number' ? round(value) : value;
}

function comparison(
  condition: Expression,
  query: Query,
  parameters: ReadonlyMap<string, Value>,
): Comparison[] {
  if (condition.kind !== 'binary') return [];
  const { operator, left, right } = condition;
  const other = mirrored[operator];
  if (other === undefined) return [];
  return [
    ...one(left, operator, constantOf(right, parameters), query),
    ...one(right, other, constantOf(left, parameters), query),
  ];
}

function one(property: Expression, operator: string, value: Value, query: Query): Comparison[] {
  const path = documentPath(property, query);
  const keys = path?.filter((key): key is string => typeof key === 'string' && plainKey.test(key)) ?? [];
  if (!path || keys.length === 0 || keys.length !== path.length) return [];
  if (typeof value === 'string') return isOrdered(value) ? [{ path: keys, operator, value }] : [];
  if (typeof value !== 'number') return [];
  const isExact = Number.isSafeInteger(value);
  const isUsable = operator === '=' ? isExact : Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return isUsable ? [{ path: keys, operator, value }] : [];
}

function constantOf(expression: Expression, parameters: ReadonlyMap<string, Value>): Value {
  if (expression.kind === 'literal') return expression.value;
  return expression.kind === 'parameter' ? parameters.get(expression.name) : undefined;
}

/** Below the surrogates, UTF-8 (the store's order) and UTF-16 (the language's) agree; the store ends texts at NUL. */
function isOrdered(text: string): boolean {
  return !/[\0\ud800-\uffff]/.test(text);
}
