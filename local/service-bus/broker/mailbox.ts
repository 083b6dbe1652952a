import { randomBytes } from 'node:crypto';
import type { Clock } from '#local/kit/clock.ts';
import type { MessageStore, StoredMessage } from '../store/message-store.ts';
import type { Message } from '../wire/message.ts';
import type { Consumer } from './consumer.ts';
import { type DeadLetterCause, deadLetter, type MailboxIdentity } from './dead-letter.ts';
import type { EntitySettings } from './entity-settings.ts';
import type { WakeUp } from './wake-up.ts';

export interface MailboxOptions extends MailboxIdentity {
  settings(): EntitySettings;
  store: MessageStore;
  clock: Clock;
  wakeUp: WakeUp;
  /** Where dead letters go; absent for a dead-letter queue itself. */
  deadLetters: Mailbox | undefined;
  /** Called when a message became available; a mailbox with sessions hands out through them. */
  onAvailable?(sessionId: string | undefined): void;
  /** Sends a message on to where the settings say. */
  forward?(message: StoredMessage): void;
}

/** A message on its way into a mailbox; one that was forwarded brings where it was before. */
export interface Arrival extends Message {
  deadLetterSource?: string | undefined;
  enqueuedSequence?: number | undefined;
}

/** One queue, subscription or dead-letter queue: messages, and the receivers that wait for them. */
export interface Mailbox extends MailboxIdentity {
  readonly store: MessageStore;
  readonly consumers: Set<Consumer>;
  readonly deadLetters: Mailbox | undefined;
  settings(): EntitySettings;
  now(): number;
  /** Commits the message and offers it; answers its sequence number. */
  enqueue(message: Arrival): number;
  /** Commits the message to the dead-letter queue without offering it here first. */
  bury(message: Arrival, cause: DeadLetterCause): void;
  /** Hands one message to a receiver, locked unless it takes for good. */
  hand(consumer: Consumer, message: StoredMessage, sessionLockedUntil?: number): void;
  /** Puts a message back where it was; a failed delivery counts and may end in the dead-letter queue. */
  putBack(message: StoredMessage, failed: boolean, bare?: Buffer): void;
  /** Extends the lock of a message; answers when it ends now. A session's messages end with the session's lock. */
  renew(message: StoredMessage, token: Buffer): number;
  /** Does what is due for this message: end of lock, scheduled time, expiry. */
  onDue(message: StoredMessage): void;
  /** Says that a message became available. */
  offer(sessionId: string | undefined): void;
  /** Offers waiting messages to every receiver that has credit, each in turn. */
  pump(): void;
}

export function createMailbox(options: MailboxOptions): Mailbox {
  const { id, path, store, clock, wakeUp, deadLetters, settings } = options;
  const consumers = new Set<Consumer>();

  const expiryOf = (message: Message, from: number): number | undefined => {
    const ttlMs = Math.min(
      message.ttlMs ?? Number.POSITIVE_INFINITY,
      settings().ttlMs ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(ttlMs) ? from + ttlMs : undefined;
  };

  const expire = (message: StoredMessage) => {
    if (settings().deadLetterOnExpiry && deadLetters)
      deadLetter(mailbox, message, {
        reason: 'TTLExpiredException',
        description: 'The message expired and was dead lettered.',
      });
    else store.remove(id, message.sequence);
  };

  const mailbox: Mailbox = {
    id,
    path,
    store,
    consumers,
    deadLetters,
    settings,
    now: () => clock.now(),
    bury(message, cause) {
      const now = clock.now();
      const { scheduledFor: _, ...kept } = message;
      const place = { mailbox: id, state: 'active', enqueuedAt: now, expiresAt: undefined } as const;
      store.atomically(() => {
        const buried = store.find(id, store.add({ ...kept, ...place, dueAt: undefined }));
        if (buried) deadLetter(mailbox, buried, cause);
      });
    },
    enqueue(message) {
      const now = clock.now();
      const { scheduledFor, ...kept } = message;
      const waits = scheduledFor !== undefined && scheduledFor > now;
      const enqueuedAt = waits ? scheduledFor : now;
      const expiresAt = expiryOf(message, enqueuedAt);
      const dueAt = waits ? scheduledFor : expiresAt;
      const state = waits ? 'scheduled' : 'active';
      const sequence = store.add({ ...kept, mailbox: id, state, enqueuedAt, expiresAt, dueAt });
      if (dueAt !== undefined) wakeUp.noLaterThan(dueAt);
      if (!waits) mailbox.offer(message.sessionId);
      return sequence;
    },
    hand(consumer, message, sessionLockedUntil) {
      if (consumer.takesForGood) {
        store.remove(id, message.sequence);
        return consumer.deliver(message, undefined);
      }
      const until = sessionLockedUntil ?? clock.now() + settings().lockMs;
      const lock = { token: randomBytes(16), until };
      // The lock of a session ends as one, so its messages have no time of their own.
      const dueAt = sessionLockedUntil === undefined ? until : undefined;
      store.change(id, message.sequence, { state: 'locked', dueAt, lock });
      if (dueAt !== undefined) wakeUp.noLaterThan(dueAt);
      consumer.deliver(message, lock);
    },
    putBack(message, failed, bare) {
      const deliveryCount = message.deliveryCount + (failed ? 1 : 0);
      if (deadLetters && deliveryCount >= settings().maxDeliveryCount) {
        const description = `Message could not be consumed after ${settings().maxDeliveryCount} delivery attempts.`;
        const counted = { ...message, deliveryCount, bare: bare ?? message.bare };
        return deadLetter(mailbox, counted, { reason: 'MaxDeliveryCountExceeded', description });
      }
      const dueAt = message.expiresAt;
      store.change(id, message.sequence, { state: 'active', dueAt, deliveryCount, ...(bare && { bare }) });
      if (dueAt !== undefined) wakeUp.noLaterThan(dueAt);
      mailbox.offer(message.sessionId);
    },
    renew(message, token) {
      const until = clock.now() + settings().lockMs;
      const dueAt = options.onAvailable ? undefined : until;
      store.change(id, message.sequence, { state: 'locked', dueAt, lock: { token, until } });
      if (dueAt !== undefined) wakeUp.noLaterThan(dueAt);
      return until;
    },
    onDue(message) {
      if (message.state === 'locked') return mailbox.putBack(message, true);
      if (message.state !== 'scheduled') return expire(message);
      const dueAt = message.expiresAt;
      store.change(id, message.sequence, { state: 'active', dueAt });
      if (dueAt !== undefined) wakeUp.noLaterThan(dueAt);
      mailbox.offer(message.sessionId);
    },
    offer: (sessionId) => (options.onAvailable ?? mailbox.pump)(sessionId),
    pump() {
      while (options.forward && settings().forwardTo !== undefined) {
        const message = store.nextActive(id, undefined);
        if (!message) return;
        options.forward(message);
      }
      let handed = true;
      while (handed) {
        handed = false;
        for (const consumer of consumers) {
          if (consumer.credit() <= 0) continue;
          const message = store.nextActive(id, undefined);
          if (!message) return;
          handed = true;
          // Last in line for the next one: competing receivers share.
          consumers.delete(consumer);
          consumers.add(consumer);
          if (message.expiresAt !== undefined && message.expiresAt <= clock.now()) expire(message);
          else mailbox.hand(consumer, message);
          break;
        }
      }
    },
  };
  return mailbox;
}
