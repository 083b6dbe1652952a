import { leaseStanding } from '../model/lease-standing.ts';
import { usePortal } from './portal.ts';
import { useRemote } from './remote.ts';

/** Milliseconds between two looks: while the caller's own is on its way, and else. */
const movingMs = 5000;
const restingMs = 15_000;

/** The leases of a machine that the caller may see, and what they mean for his own Connect; asked once he is known to see it. */
export function useMachineLeases(machineId: string, isSeen: boolean) {
  const { api } = usePortal();
  const load = async (signal: AbortSignal) => {
    const [policy, leases, { id }] = await Promise.all([
      api.leasePolicy(machineId, signal),
      api.machineLeases(machineId, signal),
      api.me(),
    ]);
    return { policy, leases, callerId: id };
  };
  const remote = useRemote(
    `leases ${machineId}`,
    isSeen ? load : undefined,
    ({ policy, leases, callerId }) =>
      leaseStanding(policy, leases, callerId).own === undefined ? restingMs : movingMs,
  );
  const { value } = remote;
  return { ...remote, standing: leaseStanding(value?.policy, value?.leases ?? [], value?.callerId) };
}

export type MachineLeases = ReturnType<typeof useMachineLeases>;
