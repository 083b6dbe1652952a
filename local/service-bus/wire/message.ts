import { randomUUID } from 'node:crypto';
import { standardTier } from '../limits.ts';
import { messageTooLarge, ServiceBusError } from '../service-bus-error.ts';
import { type Typed, types } from './rhea.ts';
import {
  encodeMapSection,
  encodeSection,
  itemsOf,
  mapEntries,
  scalarOf,
  sectionCodes,
  splitSections,
  type TypedEntry,
} from './sections.ts';

/**
 * A message as it came in. The bare message (properties, application properties, body, footer) is kept as
 * bytes: decoding and encoding it again would turn the sender's int and long into uint, and a Guid into bytes.
 */
export interface Message {
  durable: boolean;
  priority: number;
  ttlMs: number | undefined;
  /** The encoded message annotations without those that the service writes. */
  annotations: Buffer;
  bare: Buffer;
  messageId: string;
  sessionId: string | undefined;
  scheduledFor: number | undefined;
}

/** What the service adds to a message when it delivers or shows it. */
export interface DeliveryFacts {
  sequence: number;
  enqueuedSequence: number;
  enqueuedAt: number;
  deliveryCount: number;
  state: 'active' | 'deferred' | 'scheduled';
  lockedUntil: number | undefined;
  deadLetterSource: string | undefined;
}

/** Positions in the properties section: AMQP 1.0 part 3, section 3.2.4. */
export const propertyIndex = {
  messageId: 0,
  to: 2,
  subject: 3,
  replyTo: 4,
  correlationId: 5,
  contentType: 6,
  sessionId: 10,
  replyToSessionId: 12,
} as const;

const scheduledKey = 'x-opt-scheduled-enqueue-time';
const writtenByService = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueue-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-message-state',
  'x-opt-locked-until',
  'x-opt-deadletter-source',
]);
const stateCodes = { active: 0, deferred: 1, scheduled: 2 } as const;

const millisecondsOf = (value: Typed | undefined): number | undefined => {
  const plain = scalarOf(value);
  if (plain instanceof Date) return plain.getTime();
  return typeof plain === 'number' ? plain : undefined;
};

function identifierOf(value: Typed | undefined): string | undefined {
  if (Buffer.isBuffer(value?.value)) return value.value.toString('hex');
  const plain = scalarOf(value);
  return plain === undefined ? undefined : String(plain);
}

function requireShort(text: string, longest: number, what: string): void {
  if (text.length > longest)
    throw new ServiceBusError('argument', `The ${what} is longer than ${longest} characters.`);
}

/** The SDK for JavaScript cannot renew a lock on a message without an id, so one is given to each. */
function withMessageId(properties: Typed | undefined, messageId: string): Buffer {
  const list = types.wrap_list(['']);
  const items: (Typed | undefined)[] = [...itemsOf(properties)];
  items[propertyIndex.messageId] = types.wrap_string(messageId);
  list.value = items;
  return encodeSection(sectionCodes.properties, list);
}

/** Throws ServiceBusError when the bytes are no message or a property is over the service's limit. */
export function parseMessage(bytes: Buffer): Message {
  if (bytes.length > standardTier.messageBytes) throw messageTooLarge(bytes.length);
  const sections = splitSections(bytes);
  const find = (code: number) => sections.find((section) => section.code === code);
  const [durable, priority, ttl] = itemsOf(find(sectionCodes.header)?.value);
  const annotations = mapEntries(find(sectionCodes.messageAnnotations)?.value);
  const properties = find(sectionCodes.properties);
  const fields = itemsOf(properties?.value);
  const given = identifierOf(fields[propertyIndex.messageId]);
  const messageId = given ?? randomUUID().replaceAll('-', '');
  const sessionId = identifierOf(fields[propertyIndex.sessionId]);
  requireShort(messageId, standardTier.messageIdLength, 'message id');
  if (sessionId !== undefined) requireShort(sessionId, standardTier.sessionIdLength, 'session id');

  const bare = sections
    .filter(
      (section) => section.code > sectionCodes.properties || (section === properties && given !== undefined),
    )
    .map((section) => section.bytes);
  if (given === undefined) bare.unshift(withMessageId(properties?.value, messageId));
  return {
    durable: durable?.value === true,
    priority: millisecondsOf(priority) ?? 4,
    ttlMs: millisecondsOf(ttl),
    annotations: encodeMapSection(
      sectionCodes.messageAnnotations,
      annotations.filter(([key]) => !writtenByService.has(key)),
      true,
    ),
    bare: Buffer.concat(bare),
    messageId,
    sessionId,
    scheduledFor: millisecondsOf(annotations.find(([key]) => key === scheduledKey)?.[1]),
  };
}

type Stored = Pick<Message, 'durable' | 'priority' | 'ttlMs' | 'annotations' | 'bare'>;

/** The message with the header and annotations that the service writes, ready for a transfer. */
export function encodeForDelivery(message: Stored, facts: DeliveryFacts): Buffer {
  const header = types.wrap_list(
    [
      types.wrap_boolean(message.durable),
      types.wrap_ubyte(message.priority),
      message.ttlMs === undefined ? null : types.wrap_uint(message.ttlMs),
      types.wrap_boolean(facts.deliveryCount === 0),
      types.wrap_uint(facts.deliveryCount),
    ].map((field) => field ?? types.wrap(null)),
  );
  const kept = splitSections(message.annotations).flatMap((section) => mapEntries(section.value));
  const annotations: TypedEntry[] = [
    ...kept,
    ['x-opt-sequence-number', types.wrap_long(facts.sequence)],
    ['x-opt-enqueue-sequence-number', types.wrap_long(facts.enqueuedSequence)],
    ['x-opt-enqueued-time', types.wrap_timestamp(facts.enqueuedAt)],
    ['x-opt-message-state', types.wrap_int(stateCodes[facts.state])],
  ];
  if (facts.lockedUntil !== undefined)
    annotations.push(['x-opt-locked-until', types.wrap_timestamp(facts.lockedUntil)]);
  if (facts.deadLetterSource !== undefined)
    annotations.push(['x-opt-deadletter-source', types.wrap_string(facts.deadLetterSource)]);
  return Buffer.concat([
    encodeSection(sectionCodes.header, header),
    encodeMapSection(sectionCodes.messageAnnotations, annotations, true),
    message.bare,
  ]);
}

/** The bare message with application properties added or replaced, each with the wire type it was given in. */
export function withApplicationProperties(bare: Buffer, changes: readonly TypedEntry[]): Buffer {
  if (changes.length === 0) return bare;
  const sections = splitSections(bare);
  const present = sections.find((section) => section.code === sectionCodes.applicationProperties);
  const merged = new Map<string, Typed>([...mapEntries(present?.value), ...changes]);
  const properties = encodeMapSection(sectionCodes.applicationProperties, merged, false);
  return Buffer.concat([
    ...sections.filter((section) => section.code === sectionCodes.properties).map((section) => section.bytes),
    properties,
    ...sections
      .filter((section) => section.code > sectionCodes.applicationProperties)
      .map((section) => section.bytes),
  ]);
}

/** The messages inside a batch transfer (format 0x80013700): one data section each. */
export function splitBatch(bytes: Buffer): Buffer[] {
  return splitSections(bytes)
    .filter((section) => section.code === sectionCodes.data && Buffer.isBuffer(section.value.value))
    .map((section) => section.value.value as Buffer);
}
