import type { AggregateName } from './ast.ts';
import { finite } from './operators.ts';
import { compare, typeRank, type Value } from './values.ts';

/** Collects the values of one group; undefined ones do not count anywhere. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

function count(): Accumulator {
  let total = 0;
  return {
    add: (value) => {
      if (value !== undefined) total += 1;
    },
    result: () => total,
  };
}

/** SUM and AVG of anything but numbers is undefined. */
function arithmetic(finish: (sum: number, count: number) => Value): Accumulator {
  let sum = 0;
  let seen = 0;
  let isNumeric = true;
  return {
    add: (value) => {
      if (value === undefined) return;
      if (typeof value !== 'number') isNumeric = false;
      else sum += value;
      seen += 1;
    },
    result: () => (isNumeric ? finish(sum, seen) : undefined),
  };
}

/** MIN and MAX order over types; an array or an object among the values makes them undefined. */
function extreme(sign: 1 | -1): Accumulator {
  let best: Value;
  let isPrimitive = true;
  return {
    add: (value) => {
      if (value === undefined) return;
      if (typeRank(value) > 4) isPrimitive = false;
      if (best === undefined || sign * compare(value, best) > 0) best = value;
    },
    result: () => (isPrimitive ? best : undefined),
  };
}

export const accumulators: Readonly<Record<AggregateName, () => Accumulator>> = {
  COUNT: count,
  SUM: () => arithmetic((sum) => finite(sum)),
  AVG: () => arithmetic((sum, seen) => finite(sum / seen)),
  MIN: () => extreme(-1),
  MAX: () => extreme(1),
};
