import { dateFunctions } from './date-functions.ts';
import { type BuiltIn, type FunctionTable, onAny } from './function-table.ts';
import { mathFunctions } from './math-functions.ts';
import { stringFunctions } from './string-functions.ts';
import { canonical, equal, isObject, type Json, typeRank, type Value } from './values.ts';

const typeFunctions: FunctionTable = {
  IS_ARRAY: onAny((value) => Array.isArray(value)),
  IS_BOOL: onAny((value) => typeof value === 'boolean'),
  IS_DEFINED: onAny((value) => value !== undefined),
  IS_FINITE_NUMBER: onAny((value) => typeof value === 'number'),
  IS_INTEGER: onAny((value) => Number.isInteger(value)),
  IS_NULL: onAny((value) => value === null),
  IS_NUMBER: onAny((value) => typeof value === 'number'),
  IS_OBJECT: onAny((value) => isObject(value)),
  IS_PRIMITIVE: onAny((value) => value !== undefined && typeRank(value) < 5),
  IS_STRING: onAny((value) => typeof value === 'string'),
  IIF: { minimum: 3, maximum: 3, call: ([condition, yes, no]) => (condition === true ? yes : no) },
};

/** With `partial`, an object matches when it has the wanted properties, whatever else it has. */
function matches(item: Json, wanted: Value, partial: boolean): boolean {
  if (!partial || !isObject(wanted) || !isObject(item)) return equal(item, wanted);
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(item, key) && equal(item[key], value));
}

function distinct(items: Json[]): Json[] {
  return [...new Map(items.map((item) => [canonical(item), item])).values()];
}

const quantified = (holds: (wanted: Value[], has: (value: Value) => boolean) => boolean): BuiltIn => ({
  minimum: 2,
  maximum: 200,
  call: ([items, ...wanted]) =>
    Array.isArray(items)
      ? holds(wanted, (value) => value !== undefined && items.some((item) => equal(item, value)))
      : undefined,
});

const arrayFunctions: FunctionTable = {
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
  ARRAY_CONTAINS_ANY: quantified((wanted, has) => wanted.some(has)),
  ARRAY_CONTAINS_ALL: quantified((wanted, has) => wanted.every(has)),
  ARRAY_LENGTH: onAny((value) => (Array.isArray(value) ? value.length : undefined)),
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
  SETINTERSECT: {
    minimum: 2,
    maximum: 2,
    call: ([left, right]) =>
      Array.isArray(left) && Array.isArray(right)
        ? distinct(left.filter((item) => right.some((other) => equal(item, other))))
        : undefined,
  },
  SETUNION: {
    minimum: 2,
    maximum: 2,
    call: ([left, right]) =>
      Array.isArray(left) && Array.isArray(right) ? distinct([...left, ...right]) : undefined,
  },
  OBJECTTOARRAY: onAny((value) =>
    isObject(value) ? Object.entries(value).map(([k, v]) => ({ k, v })) : undefined,
  ),
};

const functions = new Map<string, BuiltIn>(
  [typeFunctions, arrayFunctions, stringFunctions, mathFunctions, dateFunctions].flatMap((table) =>
    Object.entries(table),
  ),
);

/** The function of this name, in any case; one that this engine lacks is undefined. */
export function findFunction(name: string): BuiltIn | undefined {
  return functions.get(name.toUpperCase());
}
