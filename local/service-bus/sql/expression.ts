import { randomUUID } from 'node:crypto';
import { readPropertyName } from './property-name.ts';
import { type Comparison, type Context, calculate, compare, isLike, truthOf, type Value } from './values.ts';
import type { WordReader } from './word-reader.ts';

export type Expression = (context: Context) => Value;
export type Parameters = Readonly<Record<string, Value>>;

const comparisons = ['=', '<>', '!=', '<=', '>=', '<', '>'] as const satisfies Comparison[];
const not = (truth: boolean | undefined) => (truth === undefined ? undefined : !truth);

/**
 * Reads one expression of the grammar of SQL filters: comparisons, AND, OR, NOT, IN, LIKE with ESCAPE, IS NULL,
 * EXISTS, arithmetic, newid() and property(). Unknown spreads as in SQL.
 */
export function readExpression(words: WordReader, parameters: Parameters): Expression {
  const either = (): Expression => {
    let left = both();
    while (words.takeKeyword('OR')) {
      const [first, second] = [left, both()];
      left = (context) => {
        const [one, other] = [truthOf(first(context)), truthOf(second(context))];
        if (one === true || other === true) return true;
        return one === undefined || other === undefined ? undefined : false;
      };
    }
    return left;
  };

  const both = (): Expression => {
    let left = negation();
    while (words.takeKeyword('AND')) {
      const [first, second] = [left, negation()];
      left = (context) => {
        const [one, other] = [truthOf(first(context)), truthOf(second(context))];
        if (one === false || other === false) return false;
        return one === undefined || other === undefined ? undefined : true;
      };
    }
    return left;
  };

  const negation = (): Expression => {
    if (!words.takeKeyword('NOT')) return predicate();
    const inner = negation();
    return (context) => not(truthOf(inner(context)));
  };

  const predicate = (): Expression => {
    const left = sum();
    const sign = words.takeSign(...comparisons) as Comparison | undefined;
    if (sign !== undefined) {
      const right = sum();
      return (context) => compare(sign, left(context), right(context));
    }
    if (words.takeKeyword('IS')) {
      const isNegated = words.takeKeyword('NOT');
      if (!words.takeKeyword('NULL')) words.fail('NULL');
      return (context) => (left(context) === undefined) !== isNegated;
    }
    const isNegated = words.takeKeyword('NOT');
    const test = words.isKeyword('IN') ? membership(left) : words.isKeyword('LIKE') && likeness(left);
    if (!test) return isNegated ? words.fail('IN or LIKE') : left;
    return isNegated ? (context) => not(truthOf(test(context))) : test;
  };

  const membership = (left: Expression): Expression => {
    words.next();
    words.requireSign('(');
    const members = [sum()];
    while (words.takeSign(',')) members.push(sum());
    words.requireSign(')');
    return (context) => {
      const value = left(context);
      const results = members.map((member) => compare('=', value, member(context)));
      if (results.includes(true)) return true;
      return results.includes(undefined) ? undefined : false;
    };
  };

  const likeness = (left: Expression): Expression => {
    words.next();
    const pattern = sum();
    let escape: string | undefined;
    if (words.takeKeyword('ESCAPE')) {
      const { kind, text } = words.peek();
      if (kind !== 'text' || text.length !== 1) words.fail('one character in quotes');
      escape = words.next().text;
    }
    return (context) => isLike(left(context), pattern(context), escape);
  };

  const sum = (): Expression => chain(['+', '-'], product);
  const product = (): Expression => chain(['*', '/', '%'], signed);

  const chain = (signs: readonly string[], operand: () => Expression): Expression => {
    let left = operand();
    for (let sign = words.takeSign(...signs); sign !== undefined; sign = words.takeSign(...signs)) {
      const [operator, first, second] = [sign, left, operand()];
      left = (context) => calculate(operator, first(context), second(context));
    }
    return left;
  };

  const signed = (): Expression => {
    const sign = words.takeSign('+', '-');
    if (sign === undefined) return primary();
    const inner = signed();
    return (context) => calculate(sign, 0, inner(context));
  };

  const primary = (): Expression => {
    const { kind, text } = words.peek();
    if (kind === 'text' || kind === 'number') {
      words.next();
      const value = kind === 'text' ? text : Number(text);
      return () => value;
    }
    if (kind === 'parameter') {
      if (!Object.hasOwn(parameters, text)) words.fail(`a parameter that was given instead of ${text}`);
      words.next();
      return () => parameters[text];
    }
    if (words.takeSign('(')) {
      const inner = either();
      words.requireSign(')');
      return inner;
    }
    return constantOrProperty();
  };

  const constantOrProperty = (): Expression => {
    if (words.takeKeyword('TRUE')) return () => true;
    if (words.takeKeyword('FALSE')) return () => false;
    if (words.takeKeyword('NULL')) return () => undefined;
    if (words.takeKeyword('EXISTS')) return existence();
    if (words.isKeyword('AND', 'OR', 'IN', 'IS', 'LIKE', 'ESCAPE', 'SET', 'REMOVE')) words.fail('a value');
    const called = words.isKeyword('NEWID', 'PROPERTY', 'P') ? words.peek().text.toUpperCase() : undefined;
    const property = readPropertyName(words);
    if (property.scope === 'sys') return (context) => context.system(property.index);
    if (words.takeSign('(') === undefined) return (context) => context.user(property.name)?.value;
    if (called === undefined) words.fail('newid() or property()');
    const argument = called === 'NEWID' ? undefined : sum();
    words.requireSign(')');
    if (!argument) return () => randomUUID();
    return (context) => context.user(String(argument(context)))?.value;
  };

  const existence = (): Expression => {
    words.requireSign('(');
    const property = readPropertyName(words);
    words.requireSign(')');
    if (property.scope === 'sys') return (context) => context.system(property.index) !== undefined;
    return (context) => context.user(property.name) !== undefined;
  };

  return either();
}
