import type { BinaryOperator } from './ast.ts';
import { compare, equal, typeRank, type Value } from './values.ts';

type Binary = (left: Value, right: Value) => Value;

/** JSON has no infinity and no NaN: an operation that yields one yields nothing. */
export const finite = (value: number): Value => (Number.isFinite(value) ? value : undefined);

const numeric =
  (operation: (left: number, right: number) => number): Binary =>
  (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? finite(operation(left, right)) : undefined;

/** Ranges exist within null, booleans, numbers and strings; across types and over arrays or objects there are none. */
const relational =
  (holds: (order: number) => boolean): Binary =>
  (left, right) => {
    const rank = typeRank(left);
    return rank === 0 || rank > 4 || rank !== typeRank(right) ? undefined : holds(compare(left, right));
  };

const equality =
  (wanted: boolean): Binary =>
  (left, right) =>
    left === undefined || right === undefined ? undefined : equal(left, right) === wanted;

export const binaryOperators: Readonly<Record<BinaryOperator, Binary>> = {
  '=': equality(true),
  '!=': equality(false),
  '<': relational((order) => order < 0),
  '<=': relational((order) => order <= 0),
  '>': relational((order) => order > 0),
  '>=': relational((order) => order >= 0),
  '+': numeric((left, right) => left + right),
  '-': numeric((left, right) => left - right),
  '*': numeric((left, right) => left * right),
  '/': numeric((left, right) => left / right),
  '%': numeric((left, right) => left % right),
  '||': (left, right) => (typeof left === 'string' && typeof right === 'string' ? left + right : undefined),
  '&': numeric((left, right) => left & right),
  '|': numeric((left, right) => left | right),
  '^': numeric((left, right) => left ^ right),
  '<<': numeric((left, right) => left << right),
  '>>': numeric((left, right) => left >> right),
  '>>>': numeric((left, right) => left >>> right),
  '??': (left, right) => (left === undefined ? right : left),
};

export const unaryOperators: Readonly<Record<'-' | '+' | '~' | 'NOT', (operand: Value) => Value>> = {
  '-': (operand) => (typeof operand === 'number' ? -operand : undefined),
  '+': (operand) => (typeof operand === 'number' ? operand : undefined),
  '~': (operand) => (typeof operand === 'number' ? ~operand : undefined),
  NOT: (operand) => (typeof operand === 'boolean' ? !operand : undefined),
};
