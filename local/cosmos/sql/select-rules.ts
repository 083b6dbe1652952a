import type { Expression, Query } from './ast.ts';
import { propertyPath } from './property-path.ts';
import { SqlError } from './syntax-error.ts';

/** Refuses what the service refuses although the grammar allows it. */
export function checkQuery(query: Query): void {
  checkStar(query);
  for (const { expression } of query.orderBy)
    if (!propertyPath(expression)?.path.length)
      throw new SqlError(
        'SC2104',
        'Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.',
      );
  const selected = selectedExpressions(query);
  if (query.groupBy.length === 0 && !selected.some(hasAggregate)) return;
  if (query.orderBy.length > 0)
    throw new SqlError('SC2103', 'ORDER BY is not supported together with GROUP BY or an aggregate.');
  if (query.selection.kind === 'star')
    throw new SqlError('SC2102', "'SELECT *' is not valid with GROUP BY.", query.selection.span.start);
  for (const expression of selected) checkGrouped(expression, query.groupBy);
}

function checkStar({ selection, sources }: Query): void {
  if (selection.kind === 'star' && sources.length !== 1)
    throw new SqlError(
      'SC2100',
      "'SELECT *' is only valid with a single input set.",
      selection.span.start,
      selection.span.end,
    );
}

function selectedExpressions({ selection }: Query): Expression[] {
  if (selection.kind === 'star') return [];
  return selection.kind === 'value' ? [selection.expression] : selection.items.map((item) => item.expression);
}

/** The direct parts of an expression; subqueries have groups of their own. */
function partsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'member':
      return [expression.holder, expression.key];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'logical':
      return expression.operands;
    case 'conditional':
      return [expression.condition, expression.consequent, expression.alternative];
    case 'in':
      return [expression.needle, ...expression.list];
    case 'between':
      return [expression.subject, expression.low, expression.high];
    case 'like':
      return [expression.subject, expression.pattern];
    case 'call':
      return expression.parameters;
    case 'aggregate':
      return [expression.parameter];
    case 'array':
      return expression.items;
    case 'object':
      return expression.properties.map((property) => property.value);
    case 'literal':
    case 'parameter':
    case 'identifier':
    case 'exists':
    case 'array-of':
    case 'first-of':
      return [];
  }
}

function hasAggregate(expression: Expression): boolean {
  return expression.kind === 'aggregate' || partsOf(expression).some(hasAggregate);
}

/** The same text apart from positions. */
function sameExpression(left: Expression, right: Expression): boolean {
  const withoutSpans = (expression: Expression) =>
    JSON.stringify(expression, (key: string, value: unknown) => (key === 'span' ? undefined : value));
  return withoutSpans(left) === withoutSpans(right);
}

function checkGrouped(expression: Expression, groupBy: Expression[]): void {
  if (expression.kind === 'aggregate' || groupBy.some((group) => sameExpression(group, expression))) return;
  if (expression.kind === 'member' || expression.kind === 'identifier') {
    const found = propertyPath(expression);
    const name = found ? [found.alias, ...found.path].join('.') : 'an element';
    throw new SqlError(
      'SC2102',
      `Property reference '${name}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.`,
    );
  }
  for (const part of partsOf(expression)) checkGrouped(part, groupBy);
}
