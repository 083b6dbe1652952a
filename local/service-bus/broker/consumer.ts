import type { ServiceBusError } from '../service-bus-error.ts';
import type { StoredMessage } from '../store/message-store.ts';

/** A receiver attached to a mailbox, as the mailbox sees it. */
export interface Consumer {
  /** Receive and delete: a message leaves the mailbox as it is sent. */
  readonly takesForGood: boolean;
  /** How many more messages the peer asked for and was not sent. */
  credit(): number;
  deliver(message: StoredMessage, lock: MessageLock | undefined): void;
  close(reason: ServiceBusError): void;
}

export interface MessageLock {
  token: Buffer;
  until: number;
}
