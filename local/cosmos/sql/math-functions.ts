import { type FunctionTable, onNumber } from './function-table.ts';
import { finite } from './operators.ts';
import type { Value } from './values.ts';

const one = (operation: (value: number) => number) => onNumber((value) => finite(operation(value)));

const two = (operation: (left: number, right: number) => number) => ({
  minimum: 2,
  maximum: 2,
  call: ([left, right]: Value[]) =>
    typeof left === 'number' && typeof right === 'number' ? finite(operation(left, right)) : undefined,
});

/** Halves go away from zero. */
const round = (value: number) => Math.sign(value) * Math.round(Math.abs(value));

export const mathFunctions: FunctionTable = {
  ABS: one(Math.abs),
  ACOS: one(Math.acos),
  ASIN: one(Math.asin),
  ATAN: one(Math.atan),
  ATN2: two(Math.atan2),
  CEILING: one(Math.ceil),
  COS: one(Math.cos),
  COT: one((value) => 1 / Math.tan(value)),
  DEGREES: one((value) => (value * 180) / Math.PI),
  EXP: one(Math.exp),
  FLOOR: one(Math.floor),
  LOG: {
    minimum: 1,
    maximum: 2,
    call: ([value, base = Math.E]) =>
      typeof value === 'number' && typeof base === 'number'
        ? finite(Math.log(value) / Math.log(base))
        : undefined,
  },
  LOG10: one(Math.log10),
  NUMBERBIN: {
    minimum: 1,
    maximum: 2,
    call: ([value, size = 1]) =>
      typeof value === 'number' && typeof size === 'number' && size !== 0
        ? finite(Number((Math.floor(value / size) * size).toPrecision(15)))
        : undefined,
  },
  PI: { minimum: 0, maximum: 0, call: () => Math.PI },
  POWER: two((base, exponent) => base ** exponent),
  RADIANS: one((value) => (value * Math.PI) / 180),
  RAND: { minimum: 0, maximum: 0, call: () => Math.random() },
  ROUND: {
    minimum: 1,
    maximum: 2,
    call: ([value, digits = 0]) => {
      if (typeof value !== 'number' || typeof digits !== 'number') return undefined;
      const scale = 10 ** digits;
      return finite(round(value * scale) / scale);
    },
  },
  SIGN: one(Math.sign),
  SIN: one(Math.sin),
  SQRT: one(Math.sqrt),
  SQUARE: one((value) => value * value),
  TAN: one(Math.tan),
  TRUNC: one(Math.trunc),
};
