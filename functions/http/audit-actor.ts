import type { AuditActor } from '#shared/domain/audit.ts';
import type { Caller } from './authorization.ts';
import { callerAddressOf } from './caller-address.ts';

/** A caller as the audit has him. */
export const auditActorOf = ({ id, name, isApplication }: Caller): AuditActor => ({
  id,
  name,
  kind: isApplication ? 'application' : 'user',
});

/** Who acts by this request, and from which address: to be spread into an entry. */
export function auditedCaller(
  caller: Caller,
  request: { headers: { get(name: string): string | null } },
): { actor: AuditActor; from?: string } {
  const from = callerAddressOf(request.headers);
  return { actor: auditActorOf(caller), ...(from !== null && { from }) };
}
