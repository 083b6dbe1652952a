import { badRequest } from './errors.ts';
import type { Query } from './sql/ast.ts';
import { documentPath, type PropertyPath } from './sql/property-path.ts';
import type { IndexingPolicy } from './storage/container-definition.ts';
import { pathKeys } from './storage/property-paths.ts';

/** An ORDER BY that no index serves is a 400: of an excluded path, or of several without a composite index. */
export function requireIndexedOrder(query: Query, policy: IndexingPolicy): void {
  const wanted = query.orderBy.map(({ expression, descending }) => {
    const path = documentPath(expression, query);
    if (!path) throw badRequest('Order-by over correlated collections is not supported.');
    return { path: indexPath(path), descending };
  });
  if (wanted.length === 1 && wanted.some(({ path }) => !isIndexed(path, policy)))
    throw badRequest('The index path corresponding to the specified order-by item is excluded.');
  if (wanted.length > 1 && !(policy.compositeIndexes ?? []).some((index) => serves(index, wanted)))
    throw badRequest(
      'The order by query does not have a corresponding composite index that it can be served from.',
    );
}

const indexPath = (path: PropertyPath) => path.map((key) => (typeof key === 'number' ? '[]' : key));

/** The most precise of the paths that cover this one decides. */
function isIndexed(path: string[], policy: IndexingPolicy): boolean {
  const isSystem = path.length === 1 && (path[0] === 'id' || path[0] === '_ts');
  if (isSystem || policy.indexingMode === 'none') return isSystem;
  const precision = (patterns: { path: string }[]) =>
    Math.max(-1, ...patterns.map((pattern) => coverage(pathKeys(pattern.path), path)));
  return precision(policy.includedPaths) >= precision(policy.excludedPaths);
}

/** How many keys of a path `/a/b/*` or `/a/b/?` fixes; -1 when it is about other paths. */
function coverage(pattern: string[], path: string[]): number {
  const keys = pattern.slice(0, -1);
  const isExact = pattern.at(-1) === '?';
  const covers = keys.every((key, index) => key === path[index]) && (!isExact || keys.length === path.length);
  return covers ? keys.length * 2 + Number(isExact) : -1;
}

/** The same paths in the same order, all in the index's directions or all against them. */
function serves(
  index: { path: string; order: 'ascending' | 'descending' }[],
  wanted: { path: string[]; descending: boolean }[],
): boolean {
  if (index.length !== wanted.length) return false;
  const turns = wanted.map(({ path, descending }, at) => {
    const part = index[at];
    if (!part || pathKeys(part.path).join('/') !== path.join('/')) return undefined;
    return descending === (part.order === 'descending');
  });
  return turns.every((turn) => turn !== undefined && turn === turns[0]);
}
