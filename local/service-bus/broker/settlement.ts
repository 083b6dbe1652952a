import { messageLockLost } from '../service-bus-error.ts';
import type { StoredMessage } from '../store/message-store.ts';
import { withApplicationProperties } from '../wire/message.ts';
import type { TypedEntry } from '../wire/sections.ts';
import { type DeadLetterCause, deadLetter } from './dead-letter.ts';
import type { Mailbox } from './mailbox.ts';
import type { Source } from './namespace.ts';
import type { SessionLocks } from './session-locks.ts';

export type Settlement =
  | { kind: 'complete' }
  | { kind: 'abandon' | 'defer'; properties: readonly TypedEntry[] }
  | { kind: 'dead-letter'; cause: DeadLetterCause };

/** The message behind a lock token, or `message_lock_lost`, or `session_lock_lost` when its session was lost. */
export function requireLocked(
  mailbox: Mailbox,
  sessions: SessionLocks | undefined,
  token: Buffer,
): StoredMessage {
  const message = mailbox.store.findByLock(mailbox.id, token);
  if (message?.state !== 'locked') throw messageLockLost();
  if (sessions && message.sessionId !== undefined) sessions.require(message.sessionId, mailbox.now());
  else if ((message.lockedUntil ?? 0) <= mailbox.now()) throw messageLockLost();
  return message;
}

/** Ends the lock of a message, or of its session, before its time: the delivery failed and is counted. */
export function loseLock({ mailbox, sessions }: Pick<Source, 'mailbox' | 'sessions'>, token: Buffer): void {
  const message = mailbox.store.findByLock(mailbox.id, token);
  if (message?.state !== 'locked') return;
  if (sessions && message.sessionId !== undefined) sessions.lose(message.sessionId);
  else mailbox.putBack(message, true);
}

/** Ends a delivery as its receiver says; committed when it returns. */
export function settle(mailbox: Mailbox, message: StoredMessage, settlement: Settlement): void {
  const { id, store } = mailbox;
  switch (settlement.kind) {
    case 'complete':
      return store.remove(id, message.sequence);
    case 'dead-letter':
      return deadLetter(mailbox, message, settlement.cause);
    case 'abandon':
      return mailbox.putBack(message, true, withApplicationProperties(message.bare, settlement.properties));
    case 'defer':
      return store.change(id, message.sequence, {
        state: 'deferred',
        dueAt: undefined,
        deliveryCount: message.deliveryCount + 1,
        bare: withApplicationProperties(message.bare, settlement.properties),
      });
    default:
      settlement satisfies never;
  }
}
