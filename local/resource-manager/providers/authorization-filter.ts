import { ArmError } from '../arm-error.ts';

/** The `$filter` of role and deny assignments, as ARM documents it. */
export interface AssignmentFilter {
  /** Only at this scope and above; without it assignments below the scope are listed too. */
  isAtScope: boolean;
  /** The principal and every group that holds it. */
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

/** The scope itself and every scope above it, lower case, ending with the tenant root. */
export function scopesAtOrAbove(scope: string, tenantId: string): string[] {
  const segments = scope.toLowerCase().split('/').filter(Boolean);
  const above: string[] = [];
  for (let length = segments.length; length >= 2; length -= 2)
    above.push(`/${segments.slice(0, length).join('/')}`);
  return [...above, `/providers/microsoft.management/managementgroups/${tenantId.toLowerCase()}`, ''];
}
