import type { Clock } from '#shared/runtime/clock.ts';

export type CutReason = 'revoked' | 'expired' | 'drained';

/** Live connections by session, so that they can be cut: one by one at the end of their label, or by event. */
export interface SessionTable {
  /** `expiresAt` in Unix seconds. `cut` is called at most once. The answer takes the connection out. */
  add(sessionId: string, expiresAt: number, cut: (reason: CutReason) => void): () => void;
  /** Cuts every connection of the session; answers how many there were. */
  cut(sessionId: string, reason: CutReason): number;
  cutAll(reason: CutReason): void;
  readonly size: number;
}

interface Live {
  sessionId: string;
  cut(reason: CutReason): void;
}

export function createSessionTable(clock: Clock): SessionTable {
  const live = new Set<Live>();
  const bySession = new Map<string, Set<Live>>();
  const cutEach = (connections: Iterable<Live>, reason: CutReason): number => {
    const all = [...connections];
    for (const connection of all) connection.cut(reason);
    return all.length;
  };
  return {
    add(sessionId, expiresAt, cut) {
      const release = () => {
        cancelExpiry();
        live.delete(connection);
        const rest = bySession.get(sessionId);
        rest?.delete(connection);
        if (rest?.size === 0) bySession.delete(sessionId);
      };
      const connection: Live = {
        sessionId,
        cut(reason) {
          if (!live.has(connection)) return;
          release();
          cut(reason);
        },
      };
      const cancelExpiry = clock.at(expiresAt * 1000, () => connection.cut('expired'));
      live.add(connection);
      bySession.set(sessionId, (bySession.get(sessionId) ?? new Set()).add(connection));
      return release;
    },
    cut: (sessionId, reason) => cutEach(bySession.get(sessionId) ?? [], reason),
    cutAll: (reason) => void cutEach(live, reason),
    get size() {
      return live.size;
    },
  };
}
