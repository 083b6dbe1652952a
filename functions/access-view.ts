import type { RoleGrant } from '#shared/domain/access.ts';
import { type EligibleRole, type EndingRole, endOf } from '#shared/domain/role-schedule.ts';
import { type ScopeKind, scopeKindOf } from '#shared/domain/scope-kind.ts';
import type { NamedPrincipal, PrincipalSearch } from '#shared/ports/principal-names.ts';

export interface PrincipalView {
  id: string;
  name?: string;
  kind: NamedPrincipal['kind'];
}

export interface GrantView {
  assignmentId?: string;
  role: string;
  scope: string;
  scopeKind: ScopeKind;
  through?: PrincipalView;
  endsAt?: string;
}

/** What an assignment says of its principal, where the directory says nothing. */
const kinds: Readonly<Record<string, NamedPrincipal['kind']>> = {
  user: 'user',
  group: 'group',
  foreigngroup: 'group',
  serviceprincipal: 'application',
};

/** `kind` as Azure's role assignments have it: `User`, `Group`, `ServicePrincipal`. */
export function viewPrincipal({ found }: PrincipalSearch, id: string, kind = ''): PrincipalView {
  const assigned = kinds[kind.toLowerCase()] ?? 'unknown';
  const named = found.get(id.toLowerCase());
  return { id, kind: assigned, ...named, ...(named?.kind === 'unknown' && { kind: assigned }) };
}

/** `through` is told where the assignment is somebody else's than `principalId`: a group's that he is in. */
export function viewGrant(
  grant: RoleGrant | EligibleRole,
  {
    principalId,
    names,
    ending,
  }: { principalId?: string; names: PrincipalSearch; ending: readonly EndingRole[] },
): GrantView {
  const { assignmentId, roleName: role, scope, principal } = grant;
  const endsAt = 'endsAt' in grant ? grant.endsAt : endOf(grant, ending);
  const isOwn = principal?.id.toLowerCase() === principalId?.toLowerCase();
  return {
    ...(assignmentId !== undefined && { assignmentId }),
    role,
    scope: scope || '/',
    scopeKind: scopeKindOf(scope),
    ...(principal &&
      principalId !== undefined &&
      !isOwn && { through: viewPrincipal(names, principal.id, principal.kind) }),
    ...(endsAt !== undefined && { endsAt }),
  };
}
