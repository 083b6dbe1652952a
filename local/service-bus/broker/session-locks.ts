import { ServiceBusError, sessionLockLost } from '../service-bus-error.ts';
import type { Consumer } from './consumer.ts';

interface SessionLock {
  consumer: Consumer;
  until: number;
}

/** Who holds which session of one mailbox. Kept in memory: a session's lock ends with its link. */
export interface SessionLocks {
  /** Throws `session_cannot_be_locked` while another receiver holds the session. */
  take(sessionId: string, consumer: Consumer, until: number): void;
  extend(sessionId: string, until: number): void;
  release(sessionId: string): void;
  /** Throws `session_lock_lost` unless the session is held now. */
  require(sessionId: string, now: number): SessionLock;
  /** When the lock ends; 0 for a session that nobody holds. */
  endOf(sessionId: string): number;
  holderOf(sessionId: string): Consumer | undefined;
  sessionOf(consumer: Consumer): string | undefined;
  expired(now: number): { sessionId: string; consumer: Consumer }[];
  nextExpiry(): number | undefined;
}

export function createSessionLocks(): SessionLocks {
  const locks = new Map<string, SessionLock>();
  return {
    take(sessionId, consumer, until) {
      if (locks.has(sessionId))
        throw new ServiceBusError(
          'session_cannot_be_locked',
          `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
        );
      locks.set(sessionId, { consumer, until });
    },
    extend(sessionId, until) {
      const lock = locks.get(sessionId);
      if (lock) lock.until = until;
    },
    release: (sessionId) => void locks.delete(sessionId),
    require(sessionId, now) {
      const lock = locks.get(sessionId);
      if (!lock || lock.until <= now) throw sessionLockLost();
      return lock;
    },
    endOf: (sessionId) => locks.get(sessionId)?.until ?? 0,
    holderOf: (sessionId) => locks.get(sessionId)?.consumer,
    sessionOf: (consumer) => [...locks].find(([, lock]) => lock.consumer === consumer)?.[0],
    expired: (now) =>
      [...locks]
        .filter(([, lock]) => lock.until <= now)
        .map(([sessionId, { consumer }]) => ({ sessionId, consumer })),
    nextExpiry: () =>
      locks.size === 0 ? undefined : Math.min(...[...locks.values()].map((lock) => lock.until)),
  };
}
