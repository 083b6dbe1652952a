import { usePortal } from './portal.ts';
import { useRemote } from './remote.ts';

/** Milliseconds between two looks at one machine. */
const everyMs = 5000;

/** One machine, kept as it is now. */
export function useMachine(id: string) {
  const { api } = usePortal();
  return useRemote(
    `machine ${id}`,
    (signal) => api.read(id, signal),
    () => everyMs,
  );
}
