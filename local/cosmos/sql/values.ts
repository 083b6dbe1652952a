/** A JSON value as documents hold it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** What an expression yields: JSON, or nothing at all (a missing property, an operator on the wrong types). */
export type Value = Json | undefined;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The order of types in ORDER BY, MIN and MAX: undefined, null, boolean, number, string, array, object. */
export function typeRank(value: Value): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'number') return 3;
  if (typeof value === 'string') return 4;
  return Array.isArray(value) ? 5 : 6;
}

/** A text that is the same for equal values and differs for others: property order does not count. */
export function canonical(value: Value): string {
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  const rank = typeRank(left);
  return rank >= 5 && rank === typeRank(right) && canonical(left) === canonical(right);
}

/** Total order over all values; strings by code unit, arrays and objects by their canonical text. */
export function compare(left: Value, right: Value): number {
  const byType = typeRank(left) - typeRank(right);
  if (byType !== 0) return byType;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (typeRank(left) < 5) return 0;
  const [a, b] = [canonical(left), canonical(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A property of an object or an element of an array; anything else has no members. */
export function member(holder: Value, key: Value): Value {
  if (Array.isArray(holder)) return typeof key === 'number' ? holder[key] : undefined;
  if (!isObject(holder) || typeof key !== 'string') return undefined;
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}
