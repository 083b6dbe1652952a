/** A value of an SQL filter; undefined is the unknown of three-valued logic. */
export type Value = string | number | boolean | Date | undefined;

/** What an expression looks at. Names of properties match without case. */
export interface Context {
  /** A user property: whether it is there, and its value when it is a scalar. */
  user(name: string): { value: Value } | undefined;
  /** A system property by its position in the message's properties. */
  system(index: number): Value;
}

/** The expression cannot be evaluated on this message, as a comparison of a text with a number. */
export class EvaluationError extends Error {}

const kindOf = (value: Value): string => (value instanceof Date ? 'date' : typeof value);

export type Comparison = '=' | '<>' | '!=' | '<' | '<=' | '>' | '>=';

function order(left: number | string, right: number | string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function compare(sign: Comparison, left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (kindOf(left) !== kindOf(right))
    throw new EvaluationError(`a ${kindOf(left)} cannot be compared with a ${kindOf(right)}`);
  const isOrdered = sign !== '=' && sign !== '<>' && sign !== '!=';
  if (typeof left === 'boolean' && isOrdered) throw new EvaluationError('booleans have no order');
  const plain = (value: Value) => (typeof value === 'string' ? value : Number(value));
  const result = order(plain(left), plain(right));
  switch (sign) {
    case '=':
      return result === 0;
    case '<>':
    case '!=':
      return result !== 0;
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
    default:
      return sign satisfies never;
  }
}

export function calculate(sign: string, left: Value, right: Value): Value {
  if (left === undefined || right === undefined) return undefined;
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  if (typeof left !== 'number' || typeof right !== 'number')
    throw new EvaluationError(`'${sign}' needs two numbers`);
  if (sign === '+') return left + right;
  if (sign === '-') return left - right;
  if (sign === '*') return left * right;
  if (right === 0) throw new EvaluationError('division by zero');
  if (sign === '%') return left % right;
  // As in C#: whole numbers divide to whole numbers.
  const isWhole = Number.isInteger(left) && Number.isInteger(right);
  return isWhole ? Math.trunc(left / right) : left / right;
}

export function truthOf(value: Value): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new EvaluationError(`a ${kindOf(value)} is no condition`);
}

/** `%` is any text and `_` any one character; the character after `escape` is itself. */
export function isLike(text: Value, pattern: Value, escape: string | undefined): boolean | undefined {
  if (text === undefined || pattern === undefined) return undefined;
  if (typeof text !== 'string' || typeof pattern !== 'string')
    throw new EvaluationError('LIKE needs two texts');
  const parts: (string | typeof anyText | typeof anyOne)[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === escape) parts.push(pattern.charAt(++index));
    else if (character === '%') parts.push(anyText);
    else parts.push(character === '_' ? anyOne : character);
  }
  return fits(text, parts);
}

const anyText = Symbol('%');
const anyOne = Symbol('_');

/** Greedy with one point of return, so that no pattern takes more than text times pattern steps. */
function fits(text: string, parts: readonly (string | typeof anyText | typeof anyOne)[]): boolean {
  let [at, part, retryAt, retryPart] = [0, 0, 0, -1];
  while (at < text.length) {
    if (parts[part] === anyText) [retryAt, retryPart, part] = [at, part, part + 1];
    else if (parts[part] === anyOne || parts[part] === text.charAt(at)) [at, part] = [at + 1, part + 1];
    else if (retryPart >= 0) [retryAt, at, part] = [retryAt + 1, retryAt + 1, retryPart + 1];
    else return false;
  }
  return parts.slice(part).every((rest) => rest === anyText);
}
