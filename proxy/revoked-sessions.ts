/** Ids of revoked sessions, each kept until its label would have expired anyway. */
export interface RevokedSessions {
  /** `expiresAt` in Unix seconds. Repeatable. */
  add(sessionId: string, expiresAt: number): void;
  has(sessionId: string): boolean;
  readonly size: number;
}

/** Expired ids are dropped at most this often, so that a burst of revocations stays linear. */
const sweepEveryMs = 60_000;

export function createRevokedSessions(now: () => number): RevokedSessions {
  const expiries = new Map<string, number>();
  let sweptAt = now();
  const sweep = () => {
    if (now() - sweptAt < sweepEveryMs) return;
    sweptAt = now();
    for (const [sessionId, expiresAt] of expiries)
      if (expiresAt * 1000 <= sweptAt) expiries.delete(sessionId);
  };
  return {
    add(sessionId, expiresAt) {
      sweep();
      expiries.set(sessionId, expiresAt);
    },
    has: (sessionId) => expiries.has(sessionId),
    get size() {
      sweep();
      return expiries.size;
    },
  };
}
