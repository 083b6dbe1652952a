import type { Query, Source } from './ast.ts';
import { type AggregateSlot, compileExpression, objectOf } from './compile-expression.ts';
import { countStep, type Evaluate, type Row, type Run, Scope, type Session } from './scope.ts';
import { checkQuery } from './select-rules.ts';
import { SqlError } from './syntax-error.ts';
import { canonical, compare, member, type Value } from './values.ts';

type Bind = (rows: Iterable<Row>, run: Run) => Iterable<Row>;

/** The parts of a query, each a function of rows, in the order in which they are applied. */
export interface CompiledQuery {
  /** FROM, JOIN and WHERE over one document (or one row of the query around it). */
  rows(outer: Row, run: Run): Iterable<Row>;
  isGrouped: boolean;
  group(rows: Iterable<Row>, run: Run): Iterable<Row>;
  order: { evaluate: Evaluate; descending: boolean }[];
  project: Evaluate;
  distinct: boolean;
  /** How many results to skip and how many to give at most. */
  bounds(run: Run): { skip: number; take: number };
}

export function compileQuery(query: Query, session: Session, parent?: Scope): CompiledQuery {
  checkQuery(query);
  const scope = new Scope(session, parent);
  const binds = query.sources.map((source) => compileSource(source, scope));
  const where = query.where && compileExpression(query.where, scope);
  const groupBy = query.groupBy.map((expression) => compileExpression(expression, scope));
  const aggregates: AggregateSlot[] = [];
  const project = compileSelection(query, scope, aggregates);
  const order = query.orderBy.map(({ expression, descending }) => ({
    evaluate: compileExpression(expression, scope),
    descending,
  }));
  return {
    rows: (outer, run) => {
      let rows: Iterable<Row> = [outer];
      for (const bind of binds) rows = bind(rows, run);
      return where ? filter(rows, where, run) : rows;
    },
    isGrouped: groupBy.length > 0 || aggregates.length > 0,
    group: (rows, run) => group(rows, run, groupBy, aggregates),
    order,
    project,
    distinct: query.distinct,
    bounds: compileBounds(query, scope),
  };
}

/** Runs a whole query over given rows: what subqueries do, and what cannot be answered row by row. */
export function* results(query: CompiledQuery, rows: Iterable<Row>, run: Run): Generator<Value> {
  let current = query.isGrouped ? query.group(rows, run) : rows;
  if (query.order.length > 0) current = sorted(query, current, run);
  const { skip, take } = query.bounds(run);
  const seen = new Set<string>();
  let index = 0;
  for (const row of current) {
    const value = query.project(row, run);
    if (value === undefined) continue;
    if (query.distinct) {
      const key = canonical(value);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    if (index >= skip + take) return;
    if (index++ >= skip) yield value;
  }
}

/** Compares two lists of ORDER BY values in the directions of the query. */
export function compareKeys(order: CompiledQuery['order'], left: Value[], right: Value[]): number {
  for (const [index, { descending }] of order.entries()) {
    const result = compare(left[index], right[index]);
    if (result !== 0) return descending ? -result : result;
  }
  return 0;
}

function sorted(query: CompiledQuery, rows: Iterable<Row>, run: Run): Row[] {
  const keyed = [...rows].map((row) => ({ row, keys: query.order.map((item) => item.evaluate(row, run)) }));
  keyed.sort((left, right) => compareKeys(query.order, left.keys, right.keys));
  return keyed.map(({ row }) => row);
}

function compileSource(source: Source, scope: Scope): Bind {
  const values = compileCollection(source, scope);
  const span = source.collection.kind === 'path' ? source.collection.span : { start: 0, end: 0 };
  const slot = source.alias === undefined ? scope.newSlot() : scope.declare(source.alias, span);
  return function* (rows, run) {
    for (const row of rows)
      for (const value of values(row, run)) {
        countStep(run);
        const bound = row.slice();
        bound[slot] = value;
        yield bound;
      }
  };
}

function compileCollection(source: Source, scope: Scope): (row: Row, run: Run) => Iterable<Value> {
  const { collection, iterates } = source;
  const elements = (value: Value) => (Array.isArray(value) ? value : []);
  if (collection.kind === 'query') {
    const subquery = scope.session.compileSubquery(collection.query, scope);
    if (!iterates) return subquery;
    return (row, run) => [...subquery(row, run)].flatMap(elements);
  }
  const { root, path, span } = collection;
  const slot = scope.find(root);
  // The first name of the first FROM is the container, whatever it is called.
  if (slot === undefined && scope.hasAliases) scope.get(root, span);
  return (row, run) => {
    const value = path.reduce<Value>(member, slot === undefined ? run.document : row[slot]);
    if (iterates) return elements(value);
    return value === undefined ? [] : [value];
  };
}

function* filter(rows: Iterable<Row>, where: Evaluate, run: Run): Generator<Row> {
  for (const row of rows) if (where(row, run) === true) yield row;
}

function compileSelection(
  { selection, sources }: Query,
  scope: Scope,
  aggregates: AggregateSlot[],
): Evaluate {
  if (selection.kind === 'value') return compileExpression(selection.expression, scope, aggregates);
  if (selection.kind === 'list') {
    const items = selection.items.map(({ name, expression }) => ({
      name,
      value: compileExpression(expression, scope, aggregates),
    }));
    return (row, run) => objectOf(items, row, run);
  }
  const alias = sources[0]?.alias;
  if (alias === undefined)
    throw new SqlError('SC2100', "'SELECT *' needs an alias for its subquery.", selection.span.start);
  const slot = scope.get(alias, selection.span);
  return (row) => row[slot];
}

function group(
  rows: Iterable<Row>,
  run: Run,
  groupBy: Evaluate[],
  aggregates: AggregateSlot[],
): Iterable<Row> {
  const newGroup = (row: Row) => ({ row: row.slice(), totals: aggregates.map((each) => each.accumulate()) });
  const groups = new Map<string, ReturnType<typeof newGroup>>();
  // Without GROUP BY there is one group, also over no rows at all.
  if (groupBy.length === 0) groups.set('', newGroup([]));
  for (const row of rows) {
    const key = groupBy.map((evaluate) => canonical(evaluate(row, run))).join('\n');
    const found = groups.get(key) ?? newGroup(row);
    groups.set(key, found);
    for (const [index, { parameter }] of aggregates.entries()) found.totals[index]?.add(parameter(row, run));
  }
  for (const { row, totals } of groups.values())
    for (const [index, { slot }] of aggregates.entries()) row[slot] = totals[index]?.result();
  return [...groups.values()].map(({ row }) => row);
}

function compileBounds({ top, offset, limit }: Query, scope: Scope): CompiledQuery['bounds'] {
  const counts = { TOP: top, OFFSET: offset, LIMIT: limit };
  const compiled = Object.entries(counts).map(
    ([clause, expression]) => [clause, expression && compileExpression(expression, scope)] as const,
  );
  return (run) => {
    const [topCount = Infinity, skip = 0, limitCount = Infinity] = compiled.map(([clause, evaluate]) => {
      if (!evaluate) return undefined;
      const value = evaluate([], run);
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
      throw new SqlError(
        'SC2062',
        `The value of the ${clause} clause must be a whole number that is not negative.`,
      );
    });
    return { skip, take: Math.min(topCount, limitCount) };
  };
}
