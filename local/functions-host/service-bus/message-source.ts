/** Where a trigger's messages come from. */
export type MessageEntity =
  | { kind: 'queue'; queueName: string; sessions: boolean }
  | { kind: 'subscription'; topicName: string; subscriptionName: string; sessions: boolean };

/** A received message, in the names of the service. Times are dates; the body is as it was on the wire. */
export interface BusMessage {
  body: Buffer;
  messageId: string | undefined;
  sessionId: string | undefined;
  contentType: string | undefined;
  correlationId: string | undefined;
  subject: string | undefined;
  to: string | undefined;
  replyTo: string | undefined;
  replyToSessionId: string | undefined;
  partitionKey: string | undefined;
  deadLetterSource: string | undefined;
  lockToken: string | undefined;
  deliveryCount: number;
  sequenceNumber: number;
  enqueuedAt: Date | undefined;
  expiresAt: Date | undefined;
  applicationProperties: Record<string, unknown>;
}

export interface MessageSource {
  /**
   * Hands over message by message. A handler that resolves completes its message, one that rejects abandons
   * it (delivered again, dead-lettered at its entity's limit); the lock is renewed while the handler runs.
   * With sessions, one message of a session at a time and in order.
   */
  receive(
    connection: string,
    entity: MessageEntity,
    handle: (message: BusMessage) => Promise<void>,
  ): Promise<{
    /** Takes no more and resolves when the running handlers have ended. */ close(): Promise<void>;
  }>;
}
