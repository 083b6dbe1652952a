import type { Ask } from './client.ts';
import { machinePath } from './machines.ts';
import type { ListedSession } from './replies.ts';

/** Who is on a machine now, and who was. */
export function createSessionsApi(ask: Ask) {
  const base = (machineId: string | undefined) =>
    machineId === undefined ? '/api/sessions' : `${machinePath(machineId)}/sessions`;
  const list = async (path: string, signal: AbortSignal): Promise<ListedSession[]> =>
    ((await ask(path, { signal })).body as { value: ListedSession[] }).value;
  return {
    /** Live ones, of one machine or of all that the caller may see. */
    liveSessions: (machineId: string | undefined, signal: AbortSignal) => list(base(machineId), signal),
    /** With those that ended within a day. */
    recentSessions: (machineId: string | undefined, signal: AbortSignal) =>
      list(`${base(machineId)}?ended=true`, signal),
    /** How many were ended. */
    endAllSessions: async (machineId: string) =>
      ((await ask(base(machineId), { method: 'DELETE' })).body as { ended: number }).ended,
  };
}

export type SessionsApi = ReturnType<typeof createSessionsApi>;
