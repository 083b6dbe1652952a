import { createHash } from 'node:crypto';
import { connectRole } from '#shared/domain/connect-role.ts';
import type { Lease } from '#shared/domain/lease.ts';
import type { MachineKind } from '#shared/domain/machine.ts';

/** RFC 9562 section 5.8: a version 8 UUID, from the lease alone. The same lease never has a second assignment. */
function assignmentName({ machineId, id }: Pick<Lease, 'id' | 'machineId'>): string {
  const bytes = createHash('sha256').update(`lease ${machineId} ${id}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The assignment that a lease comes with where its requester has no role; undefined where there is no such role. */
export function leaseAssignmentOf(
  lease: Pick<Lease, 'id' | 'machineId' | 'service'>,
  machine: { resourceId: string; subscriptionId: string; kind: MachineKind },
): { id: string; roleDefinitionId: string } | undefined {
  const role = connectRole(machine.kind, lease.service);
  if (role === undefined) return undefined;
  const authorization = 'providers/Microsoft.Authorization';
  return {
    id: `${machine.resourceId}/${authorization}/roleAssignments/${assignmentName(lease)}`,
    roleDefinitionId: `/subscriptions/${machine.subscriptionId}/${authorization}/roleDefinitions/${role}`,
  };
}
