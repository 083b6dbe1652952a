import { type BuiltIn, type FunctionTable, onAny } from './function-table.ts';
import { finite } from './operators.ts';
import { canonical, compare, equal, isObject, type Json, typeRank, type Value } from './values.ts';

/** With `partial`, an object matches when it has the wanted properties, whatever else it has. */
function matches(item: Json, wanted: Value, partial: boolean): boolean {
  if (!partial || !isObject(wanted) || !isObject(item)) return equal(item, wanted);
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(item, key) && equal(item[key], value));
}

function distinct(items: Json[]): Json[] {
  return [...new Map(items.map((item) => [canonical(item), item])).values()];
}

const has = (items: Json[], value: Json) => items.some((item) => equal(item, value));

const quantified = (holds: (wanted: Value[], has: (value: Value) => boolean) => boolean): BuiltIn => ({
  minimum: 2,
  maximum: 200,
  call: ([items, ...wanted]) =>
    Array.isArray(items)
      ? holds(wanted, (value) => value !== undefined && items.some((item) => equal(item, value)))
      : undefined,
});

const onSets = (operation: (left: Json[], right: Json[]) => Value): BuiltIn => ({
  minimum: 2,
  maximum: 2,
  call: ([left, right]) => (Array.isArray(left) && Array.isArray(right) ? operation(left, right) : undefined),
});

const isNumber = (value: Json): value is number => typeof value === 'number';

/** Over an array of numbers alone; of an empty one only a sum is defined. */
const onNumbers = (operation: (numbers: number[]) => Value): BuiltIn =>
  onAny((value) => (Array.isArray(value) && value.every(isNumber) ? operation(value) : undefined));

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);

function median(numbers: number[]): Value {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return sum(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)) / (sorted.length % 2 === 0 ? 2 : 1);
}

/** Of primitive values in the order of types, as MIN and MAX have it. */
const extreme = (sign: 1 | -1): BuiltIn =>
  onAny((value) => {
    if (!Array.isArray(value) || value.some((item) => typeRank(item) > 4)) return undefined;
    return value.toSorted((left, right) => sign * compare(right, left))[0];
  });

export const arrayFunctions: FunctionTable = {
  ARRAY_AVG: onNumbers((numbers) => (numbers.length > 0 ? finite(sum(numbers) / numbers.length) : undefined)),
  ARRAY_CONCAT: {
    minimum: 2,
    maximum: 200,
    call: (arrays) => (arrays.every((array) => Array.isArray(array)) ? arrays.flat(1) : undefined),
  },
  ARRAY_CONTAINS: {
    minimum: 2,
    maximum: 3,
    call: ([items, wanted, partial]) =>
      Array.isArray(items) && wanted !== undefined
        ? items.some((item) => matches(item, wanted, partial === true))
        : undefined,
  },
  ARRAY_CONTAINS_ANY: quantified((wanted, contains) => wanted.some(contains)),
  ARRAY_CONTAINS_ALL: quantified((wanted, contains) => wanted.every(contains)),
  ARRAY_LENGTH: onAny((value) => (Array.isArray(value) ? value.length : undefined)),
  ARRAY_MAX: extreme(1),
  ARRAY_MEDIAN: onNumbers((numbers) => (numbers.length > 0 ? median(numbers) : undefined)),
  ARRAY_MIN: extreme(-1),
  ARRAY_SLICE: {
    minimum: 2,
    maximum: 3,
    call: ([items, start, length]) => {
      if (!Array.isArray(items) || typeof start !== 'number') return undefined;
      const from = start < 0 ? Math.max(0, items.length + start) : start;
      if (length === undefined) return items.slice(from);
      return typeof length === 'number' ? items.slice(from, from + Math.max(0, length)) : undefined;
    },
  },
  ARRAY_SUM: onNumbers((numbers) => finite(sum(numbers))),
  /** The first choice has the index 1. */
  CHOOSE: { minimum: 2, maximum: 200, call: ([index, ...choices]) => choices[Number(index) - 1] },
  OBJECTTOARRAY: onAny((value) =>
    isObject(value) ? Object.entries(value).map(([k, v]) => ({ k, v })) : undefined,
  ),
  SETDIFFERENCE: onSets((left, right) => distinct(left.filter((item) => !has(right, item)))),
  SETEQUAL: onSets(
    (left, right) => left.every((item) => has(right, item)) && right.every((item) => has(left, item)),
  ),
  SETINTERSECT: onSets((left, right) => distinct(left.filter((item) => has(right, item)))),
  SETUNION: onSets((left, right) => distinct([...left, ...right])),
};
