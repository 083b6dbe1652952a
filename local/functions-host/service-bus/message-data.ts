import type { RpcData } from '../rpc-data.ts';
import type { BusMessage } from './message-source.ts';

function typed(value: unknown): RpcData | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) };
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Data and metadata of a single message. As on the real host, the top-level properties of a JSON body are
 * added to the metadata and override the system's own of the same name, whatever its case.
 */
export function messageData(
  message: BusMessage,
  isBinary: boolean,
): { data: RpcData; triggerMetadata: Record<string, RpcData> } {
  const text = message.body.toString('utf8');
  const system: Record<string, unknown> = {
    MessageId: message.messageId,
    SessionId: message.sessionId,
    ContentType: message.contentType,
    CorrelationId: message.correlationId,
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    PartitionKey: message.partitionKey,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    DeliveryCount: message.deliveryCount,
    SequenceNumber: message.sequenceNumber,
    EnqueuedTimeUtc: message.enqueuedAt,
    EnqueuedTime: message.enqueuedAt,
    ExpiresAtUtc: message.expiresAt,
    ExpiresAt: message.expiresAt,
    ApplicationProperties: message.applicationProperties,
    UserProperties: message.applicationProperties,
  };
  const names = new Map(Object.keys(system).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(jsonObject(text) ?? {}))
    system[names.get(name.toLowerCase()) ?? name] = value;

  const triggerMetadata: Record<string, RpcData> = {};
  for (const [name, value] of Object.entries(system)) {
    const entry = typed(value);
    if (entry) triggerMetadata[name] = entry;
  }
  return { data: isBinary ? { bytes: message.body } : { string: text }, triggerMetadata };
}
