import { type Accumulator, accumulators } from './aggregates.ts';
import type { Expression } from './ast.ts';
import { findFunction, refusalOf } from './functions.ts';
import { likeMatcher } from './like.ts';
import { binaryOperators, unaryOperators } from './operators.ts';
import type { Evaluate, Row, Run, Scope } from './scope.ts';
import { SqlError } from './syntax-error.ts';
import { equal, member, type Value } from './values.ts';

/** An aggregate of the select list: filled in per group, read from its slot. */
export interface AggregateSlot {
  slot: number;
  parameter: Evaluate;
  accumulate(): Accumulator;
}

/** Where aggregates are allowed this collects them; where it is undefined they are refused. */
type AggregateSlots = AggregateSlot[] | undefined;

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

/** Turns an expression into a function of a row. Throws SqlError for names that nothing declares. */
export function compileExpression(
  expression: Expression,
  scope: Scope,
  aggregates?: AggregateSlots,
): Evaluate {
  const compile = (part: Expression) => compileExpression(part, scope, aggregates);
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'parameter':
      scope.session.parameters.set(expression.name, expression.span);
      return (_, run) => run.parameters.get(expression.name);
    case 'identifier': {
      const slot = scope.get(expression.name, expression.span);
      return (row) => row[slot];
    }
    case 'member':
      return compileMember(compile(expression.holder), expression.key, compile);
    case 'unary': {
      const [operator, operand] = [unaryOperators[expression.operator], compile(expression.operand)];
      return (row, run) => operator(operand(row, run));
    }
    case 'binary': {
      const operator = binaryOperators[expression.operator];
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (row, run) => operator(left(row, run), right(row, run));
    }
    case 'logical':
      return compileLogical(expression.operator === 'AND', expression.operands.map(compile));
    case 'conditional': {
      const [condition, consequent] = [compile(expression.condition), compile(expression.consequent)];
      const alternative = compile(expression.alternative);
      return (row, run) => (condition(row, run) === true ? consequent : alternative)(row, run);
    }
    case 'in': {
      const [needle, list] = [compile(expression.needle), expression.list.map(compile)];
      return (row, run) => {
        const value = needle(row, run);
        return value === undefined ? undefined : list.some((item) => equal(item(row, run), value));
      };
    }
    case 'between':
      return compileBetween(compile(expression.subject), compile(expression.low), compile(expression.high));
    case 'like':
      return compileLike(expression, compile);
    case 'call':
      return compileCall(expression, compile);
    case 'aggregate':
      return compileAggregate(expression, scope, aggregates);
    case 'array': {
      const items = expression.items.map(compile);
      return (row, run) => items.map((item) => item(row, run)).filter((value) => value !== undefined);
    }
    case 'object': {
      const properties = expression.properties.map(({ name, value }) => ({ name, value: compile(value) }));
      return (row, run) => objectOf(properties, row, run);
    }
    case 'exists':
    case 'array-of':
    case 'first-of':
      return compileSubquery(expression, scope);
  }
}

/** An object of those properties that are defined. */
export function objectOf(properties: { name: string; value: Evaluate }[], row: Row, run: Run): Value {
  const entries = properties.flatMap(({ name, value }) => {
    const result = value(row, run);
    return result === undefined ? [] : [[name, result] as const];
  });
  return Object.fromEntries(entries);
}

function compileMember(holder: Evaluate, key: Expression, compile: (part: Expression) => Evaluate): Evaluate {
  if (key.kind === 'literal') {
    const name = key.value;
    return (row, run) => member(holder(row, run), name);
  }
  const evaluateKey = compile(key);
  return (row, run) => member(holder(row, run), evaluateKey(row, run));
}

/** AND is false as soon as one operand is, and undefined when one is neither true nor false; OR mirrors it. */
function compileLogical(isAnd: boolean, operands: Evaluate[]): Evaluate {
  return (row, run) => {
    let result: Value = isAnd;
    for (const operand of operands) {
      const value = operand(row, run);
      if (value === !isAnd) return !isAnd;
      if (value !== isAnd) result = undefined;
    }
    return result;
  };
}

function compileBetween(subject: Evaluate, low: Evaluate, high: Evaluate): Evaluate {
  return (row, run) => {
    const value = subject(row, run);
    const isAbove = binaryOperators['>='](value, low(row, run));
    const isBelow = binaryOperators['<='](value, high(row, run));
    if (isAbove === false || isBelow === false) return false;
    return isAbove === true && isBelow === true ? true : undefined;
  };
}

function compileLike(expression: Of<'like'>, compile: (part: Expression) => Evaluate): Evaluate {
  const [subject, pattern] = [compile(expression.subject), compile(expression.pattern)];
  let last: { pattern: string; matches(text: string): boolean } | undefined;
  return (row, run) => {
    const [text, wanted] = [subject(row, run), pattern(row, run)];
    if (typeof text !== 'string' || typeof wanted !== 'string') return undefined;
    if (last?.pattern !== wanted) last = { pattern: wanted, matches: likeMatcher(wanted, expression.escape) };
    return last.matches(text);
  };
}

function compileCall(expression: Of<'call'>, compile: (part: Expression) => Evaluate): Evaluate {
  const { name, span } = expression;
  const builtIn = findFunction(name);
  if (!builtIn) throw new SqlError('SC2005', refusalOf(name), span.start, span.end);
  const { minimum, maximum } = builtIn;
  const count = expression.parameters.length;
  if (count < minimum || count > maximum) {
    const wanted = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
    throw new SqlError(
      'SC2006',
      `The ${name.toUpperCase()} function requires ${wanted} argument(s).`,
      span.start,
      span.end,
    );
  }
  const parameters = expression.parameters.map(compile);
  return (row, run) =>
    builtIn.call(
      parameters.map((parameter) => parameter(row, run)),
      run,
    );
}

function compileAggregate(expression: Of<'aggregate'>, scope: Scope, aggregates: AggregateSlots): Evaluate {
  const { name, span } = expression;
  if (!aggregates)
    throw new SqlError('SC2101', `The aggregate function ${name} is not allowed here.`, span.start, span.end);
  const slot = scope.newSlot();
  aggregates.push({
    slot,
    parameter: compileExpression(expression.parameter, scope),
    accumulate: accumulators[name],
  });
  return (row) => row[slot];
}

function compileSubquery(expression: Of<'exists' | 'array-of' | 'first-of'>, scope: Scope): Evaluate {
  const subquery = scope.session.compileSubquery(expression.query, scope);
  switch (expression.kind) {
    case 'exists':
      return (row, run) => !Iterator.from(subquery(row, run)).next().done;
    case 'array-of':
      return (row, run) => [...subquery(row, run)].filter((value) => value !== undefined);
    case 'first-of':
      return (row, run) => {
        const [first, ...rest] = subquery(row, run);
        if (rest.length > 0) throw new SqlError('SC3005', 'The cardinality of a scalar subquery exceeds 1.');
        return first;
      };
  }
}
