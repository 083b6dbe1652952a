import type { BuiltIn, FunctionTable } from './function-table.ts';
import type { Value } from './values.ts';

/** Whole numbers as the service keeps them here: signed, 64 bits, wrapping around. */
const integers = (count: 1 | 2, operation: (left: bigint, right: bigint) => bigint | undefined): BuiltIn => ({
  minimum: count,
  maximum: count,
  call: ([left, right = 0]: Value[]) => {
    if (!Number.isInteger(left) || !Number.isInteger(right)) return undefined;
    const result = operation(BigInt(Number(left)), BigInt(Number(right)));
    return result === undefined ? undefined : Number(BigInt.asIntN(64, result));
  },
});

const isShift = (by: bigint) => by >= 0n && by < 64n;

export const integerFunctions: FunctionTable = {
  INTADD: integers(2, (left, right) => left + right),
  INTBITAND: integers(2, (left, right) => left & right),
  INTBITLEFTSHIFT: integers(2, (left, right) => (isShift(right) ? left << right : undefined)),
  INTBITNOT: integers(1, (value) => ~value),
  INTBITOR: integers(2, (left, right) => left | right),
  INTBITRIGHTSHIFT: integers(2, (left, right) => (isShift(right) ? left >> right : undefined)),
  INTBITXOR: integers(2, (left, right) => left ^ right),
  INTDIV: integers(2, (left, right) => (right === 0n ? undefined : left / right)),
  INTMOD: integers(2, (left, right) => (right === 0n ? undefined : left % right)),
  INTMUL: integers(2, (left, right) => left * right),
  INTSUB: integers(2, (left, right) => left - right),
};
