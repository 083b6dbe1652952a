import { ArmError } from '../arm-error.ts';

/** The `$filter` of role and deny assignments, as ARM documents it. */
export interface AssignmentFilter {
  /** Only at this scope and above; without it assignments below the scope are listed too. */
  isAtScope: boolean;
  /** The user or service principal and every group that holds it. */
  assignedTo: string | undefined;
  /** This principal alone. */
  principalId: string | undefined;
}

const terms: readonly [RegExp, (value: string) => Partial<AssignmentFilter>][] = [
  [/^atScope\(\)$/i, () => ({ isAtScope: true })],
  [/^assignedTo\('([^']+)'\)$/i, (value) => ({ assignedTo: value.toLowerCase() })],
  [/^principalId eq '([^']+)'$/i, (value) => ({ principalId: value.toLowerCase() })],
];

export function parseAssignmentFilter(text: string | null): AssignmentFilter {
  const filter: AssignmentFilter = { isAtScope: false, assignedTo: undefined, principalId: undefined };
  for (const term of (text ?? '').split(/ and /i).map((part) => part.trim())) {
    if (term === '') continue;
    const found = terms
      .map(([pattern, read]) => ({ match: pattern.exec(term), read }))
      .find(({ match }) => match);
    if (!found)
      throw new ArmError(
        400,
        'UnsupportedQuery',
        `The filter '${term}' is not supported. Supported filters are 'atScope()', 'assignedTo('{value}')' and 'principalId eq '{value}''.`,
      );
    Object.assign(filter, found.read(found.match?.[1] ?? ''));
  }
  return filter;
}

const managementGroupScope = (name: string): string =>
  `/providers/microsoft.management/managementgroups/${name.toLowerCase()}`;

/**
 * The scope itself and every scope above it, lower case, ending with the root. `managementGroups` are those above the
 * subscription, nearest first, the tenant's own last: of a group that is none of them nothing lies below.
 */
export function scopesAtOrAbove(scope: string, managementGroups: readonly string[]): string[] {
  const groups = managementGroups.map(managementGroupScope);
  const segments = scope.toLowerCase().split('/').filter(Boolean);
  const at = groups.indexOf(`/${segments.join('/')}`);
  if (at >= 0) return [...groups.slice(at), ''];
  const above: string[] = [];
  for (let length = segments.length; length >= 2; length -= 2)
    above.push(`/${segments.slice(0, length).join('/')}`);
  return [...above, ...groups, ''];
}
