import type { AuditActor } from '#shared/domain/audit.ts';
import type { Caller } from './authorization.ts';
import { provenAddressOf } from './caller-address.ts';

/** A caller as the audit has him. */
export const auditActorOf = ({ id, name, isApplication }: Caller): AuditActor => ({
  id,
  name,
  kind: isApplication ? 'application' : 'user',
});

/** Who acts, and from which address where it is a request: to be spread into an entry. */
export interface Acting {
  actor: AuditActor;
  from?: string;
}

/** Who acts by this request. */
export function auditedCaller(
  caller: Caller,
  request: { headers: { get(name: string): string | null } },
): Acting {
  const from = provenAddressOf(request.headers);
  return { actor: auditActorOf(caller), ...(from !== null && { from }) };
}
