import type { Ask } from './client.ts';
import { machinePath } from './machines.ts';
import type { Lease, LeasePolicy } from './replies.ts';
import type { LeaseWishes } from './wishes.ts';

interface Named {
  machineId: string;
  id: string;
}

const leasesPath = (machineId: string) => `${machinePath(machineId)}/leases`;
const leasePath = ({ machineId, id }: Named) => `${leasesPath(machineId)}/${encodeURIComponent(id)}`;

/** Access for a time and a purpose: requested, approved by somebody else, extended and given back. */
export function createLeasesApi(ask: Ask) {
  const list = async (path: string, signal: AbortSignal): Promise<Lease[]> =>
    ((await ask(path, { signal })).body as { value: Lease[] }).value;
  const change = async (method: 'POST' | 'DELETE', path: string, body?: object): Promise<Lease> =>
    (await ask(path, { method, ...(body && { body }) })).body as Lease;
  return {
    ownLeases: (signal: AbortSignal) => list('/api/leases', signal),
    /** Those that wait for the caller's decision. */
    waitingLeases: (signal: AbortSignal) => list('/api/leases?waiting=true', signal),
    machineLeases: (machineId: string, signal: AbortSignal) => list(leasesPath(machineId), signal),
    lease: async (named: Named, signal: AbortSignal) =>
      (await ask(leasePath(named), { signal })).body as Lease,
    leasePolicy: async (machineId: string, signal: AbortSignal) =>
      (await ask(`${machinePath(machineId)}/lease-policy`, { signal })).body as LeasePolicy,
    setLeasePolicy: async (machineId: string, required: boolean) =>
      (await ask(`${machinePath(machineId)}/lease-policy`, { method: 'PUT', body: { required } }))
        .body as LeasePolicy,
    requestLease: (machineId: string, wishes: LeaseWishes) => change('POST', leasesPath(machineId), wishes),
    /** `requestedAt`: of the request or the extension that the reader saw. */
    decideLease: (named: Named, requestedAt: string, approve: boolean, reason: string) =>
      change('POST', `${leasePath(named)}/decision`, { approve, requestedAt, ...(reason && { reason }) }),
    extendLease: (named: Named, minutes: number, purpose: string) =>
      change('POST', `${leasePath(named)}/extensions`, { minutes, purpose }),
    /** Withdrawn, given back or revoked: whichever it is for the caller. */
    endLease: (named: Named) => change('DELETE', leasePath(named)),
  };
}

export type LeasesApi = ReturnType<typeof createLeasesApi>;
