import type { Clock } from '#local/kit/clock.ts';
import { ServiceBusError, sessionLockLost } from '../service-bus-error.ts';
import type { Consumer } from './consumer.ts';
import type { Mailbox } from './mailbox.ts';
import type { SessionLocks } from './session-locks.ts';
import type { WakeUp } from './wake-up.ts';

/** What a receiver that asks for a session is told, at once or when a session turns up. */
export interface SessionRequest {
  consumer: Consumer;
  accepted(sessionId: string, lockedUntil: number): void;
  refused(reason: ServiceBusError): void;
}

/** The sessions of one mailbox: each is held by one receiver, which gets its messages in order. */
export interface SessionQueue {
  readonly locks: SessionLocks;
  /** Locks the named session, or throws `session_cannot_be_locked`. */
  accept(sessionId: string, request: SessionRequest): void;
  /** Locks the session with the oldest message that nobody holds; waits for one up to `waitMs`. */
  acceptNext(request: SessionRequest, waitMs: number): void;
  /** The receiver went away, or no longer waits: its session is free and its messages are back uncounted. */
  leave(consumer: Consumer): void;
  /** Answers the new end of the lock. */
  renew(sessionId: string): number;
  /** Ends a lock before its time, as when it ran out. */
  lose(sessionId: string): void;
  onAvailable(sessionId: string | undefined): void;
  pump(consumer: Consumer): void;
  /** Ends the locks that ran out: their messages count a delivery and their receivers are closed. */
  expire(now: number): void;
}

interface SessionQueueOptions {
  mailbox: Mailbox;
  locks: SessionLocks;
  clock: Clock;
  wakeUp: WakeUp;
}

export function createSessionQueue({ mailbox, locks, clock, wakeUp }: SessionQueueOptions): SessionQueue {
  const { id, store } = mailbox;
  const waiting = new Map<Consumer, { request: SessionRequest; cancel: () => void }>();

  const lockEnd = () => {
    const until = clock.now() + mailbox.settings().lockMs;
    wakeUp.noLaterThan(until);
    return until;
  };

  const release = (sessionId: string, failed: boolean) => {
    locks.release(sessionId);
    for (const message of store.lockedOfSession(id, sessionId)) mailbox.putBack(message, failed);
    queue.onAvailable(sessionId);
  };

  const queue: SessionQueue = {
    locks,
    accept(sessionId, request) {
      const until = lockEnd();
      locks.take(sessionId, request.consumer, until);
      request.accepted(sessionId, until);
    },
    acceptNext(request, waitMs) {
      const free = store.sessionsWithMessages(id).find((sessionId) => !locks.holderOf(sessionId));
      if (free !== undefined) return queue.accept(free, request);
      const cancel = clock.at(clock.now() + waitMs, () => {
        waiting.delete(request.consumer);
        request.refused(
          new ServiceBusError('timeout', 'The operation did not complete within the allotted time.'),
        );
      });
      waiting.set(request.consumer, { request, cancel });
    },
    leave(consumer) {
      waiting.get(consumer)?.cancel();
      waiting.delete(consumer);
      const sessionId = locks.sessionOf(consumer);
      if (sessionId !== undefined) release(sessionId, false);
    },
    renew(sessionId) {
      locks.require(sessionId, clock.now());
      const until = lockEnd();
      locks.extend(sessionId, until);
      return until;
    },
    lose(sessionId) {
      const holder = locks.holderOf(sessionId);
      release(sessionId, true);
      holder?.close(sessionLockLost());
    },
    onAvailable(sessionId) {
      if (sessionId === undefined) return;
      const holder = locks.holderOf(sessionId);
      if (holder) return queue.pump(holder);
      const [first] = waiting.values();
      if (!first || !store.nextActive(id, sessionId)) return;
      first.cancel();
      waiting.delete(first.request.consumer);
      queue.accept(sessionId, first.request);
    },
    pump(consumer) {
      const sessionId = locks.sessionOf(consumer);
      if (sessionId === undefined) return;
      const until = locks.endOf(sessionId);
      // A lock that ran out is ended by `expire`; until then its holder gets nothing more.
      while (until > clock.now() && consumer.credit() > 0) {
        const message = store.nextActive(id, sessionId);
        if (!message) return;
        if (message.expiresAt !== undefined && message.expiresAt <= clock.now()) mailbox.onDue(message);
        else mailbox.hand(consumer, message, until);
      }
    },
    expire(now) {
      for (const { sessionId } of locks.expired(now)) queue.lose(sessionId);
    },
  };
  return queue;
}
