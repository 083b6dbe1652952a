import type { Value } from './values.ts';

/** What a function may know beside its arguments. */
export interface CallContext {
  /** Milliseconds since the epoch, fixed for the whole query. */
  now: number;
}

export interface BuiltIn {
  minimum: number;
  maximum: number;
  call(parameters: Value[], context: CallContext): Value;
}

export type FunctionTable = Readonly<Record<string, BuiltIn>>;

type Unary<T> = (value: T) => Value;

const one = (call: Unary<Value>): BuiltIn => ({ minimum: 1, maximum: 1, call: ([value]) => call(value) });

export const onAny = one;

export const onNumber = (operation: Unary<number>): BuiltIn =>
  one((value) => (typeof value === 'number' ? operation(value) : undefined));

export const onString = (operation: Unary<string>): BuiltIn =>
  one((value) => (typeof value === 'string' ? operation(value) : undefined));

/** Two strings, and a third argument `true` that makes the comparison ignore case. */
export const onStrings = (operation: (text: string, other: string) => Value): BuiltIn => ({
  minimum: 2,
  maximum: 3,
  call: ([text, other, ignoresCase]) => {
    if (typeof text !== 'string' || typeof other !== 'string') return undefined;
    if (ignoresCase !== undefined && typeof ignoresCase !== 'boolean') return undefined;
    return ignoresCase ? operation(text.toLowerCase(), other.toLowerCase()) : operation(text, other);
  },
});
