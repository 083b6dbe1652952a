import type { MessageStore, StoredMessage } from '../store/message-store.ts';
import { withApplicationProperties } from '../wire/message.ts';
import { types } from '../wire/rhea.ts';
import type { TypedEntry } from '../wire/sections.ts';

export interface MailboxIdentity {
  /** Number of the mailbox in the store: the entity's id, or its negative for the dead-letter queue. */
  readonly id: number;
  /** Path as clients write it. */
  readonly path: string;
}

export interface DeadLetterCause {
  reason?: string | undefined;
  description?: string | undefined;
  properties?: readonly TypedEntry[];
}

interface Source extends MailboxIdentity {
  readonly store: MessageStore;
  readonly deadLetters: Target | undefined;
}

interface Target extends MailboxIdentity {
  offer(sessionId: string | undefined): void;
}

/** Moves a message to the dead-letter queue in one transaction; from a dead-letter queue it stays there. */
export function deadLetter(
  source: Source,
  message: StoredMessage,
  cause: DeadLetterCause,
  into: Target | undefined = source.deadLetters,
): void {
  const changes: TypedEntry[] = [...(cause.properties ?? [])];
  if (cause.reason !== undefined) changes.push(['DeadLetterReason', types.wrap_string(cause.reason)]);
  if (cause.description !== undefined)
    changes.push(['DeadLetterErrorDescription', types.wrap_string(cause.description)]);
  const bare = withApplicationProperties(message.bare, changes);
  const target = into ?? { id: source.id, path: source.path, offer: () => {} };
  source.store.atomically(() => {
    source.store.remove(source.id, message.sequence);
    source.store.add({
      ...message,
      bare,
      mailbox: target.id,
      state: 'active',
      expiresAt: undefined,
      dueAt: undefined,
      deadLetterSource: message.deadLetterSource ?? source.path,
    });
  });
  target.offer(message.sessionId);
}
