import { usePortal } from './portal.ts';
import { useRemote } from './remote.ts';

/** Milliseconds between two looks at who is on. */
const everyMs = 5000;

/** Live sessions of one machine, or of every machine that the caller may see. */
export function useLiveSessions(machineId?: string) {
  const { api } = usePortal();
  return useRemote(
    `sessions ${machineId}`,
    (signal) => api.liveSessions(machineId, signal),
    () => everyMs,
  );
}
