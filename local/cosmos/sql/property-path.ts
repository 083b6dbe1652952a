import type { Expression, Query } from './ast.ts';

export type PropertyPath = (string | number)[];

/** `alias.a["b"][0]` as its alias and keys, or undefined for any other expression. */
export function propertyPath(expression: Expression): { alias: string; path: PropertyPath } | undefined {
  if (expression.kind === 'identifier') return { alias: expression.name, path: [] };
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined;
  const holder = propertyPath(expression.holder);
  const key = expression.key.value;
  if (!holder || (typeof key !== 'string' && typeof key !== 'number')) return undefined;
  return { alias: holder.alias, path: [...holder.path, key] };
}

/** The same, counted from the document itself; undefined when the alias stands for an element of an array. */
export function documentPath(expression: Expression, query: Query): PropertyPath | undefined {
  const found = propertyPath(expression);
  const [source] = query.sources;
  if (!found || !source || source.alias !== found.alias) return undefined;
  if (source.iterates || source.collection.kind !== 'path') return undefined;
  return [...source.collection.path, ...found.path];
}
