import { ServiceBusError } from '../service-bus-error.ts';
import { type Typed, types } from './rhea.ts';
import { requireWellFormed } from './well-formed.ts';

/** Descriptors of the message sections: AMQP 1.0 part 3, section 3.2. */
export const sectionCodes = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
} as const;

const symbolicCodes: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
};

export interface Section {
  code: number;
  value: Typed;
  /** The section as it came, descriptor included. */
  bytes: Buffer;
}

/** rhea knows fewer type codes than have a length: what it cannot decode is no message. */
function readValue(reader: { read(): Typed }): Typed {
  try {
    return reader.read();
  } catch (error) {
    throw new ServiceBusError(
      'framing',
      `The message cannot be decoded: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  }
}

/** Splits an encoded message into its sections without losing the wire type of any value. */
export function splitSections(bytes: Buffer): Section[] {
  requireWellFormed(bytes);
  const reader = new types.Reader(bytes);
  const sections: Section[] = [];
  while (reader.remaining() > 0) {
    const start = reader.position;
    const value = readValue(reader);
    const descriptor = value.descriptor?.value;
    const code = typeof descriptor === 'number' ? descriptor : symbolicCodes[String(descriptor)];
    if (code !== undefined) sections.push({ code, value, bytes: bytes.subarray(start, reader.position) });
  }
  return sections;
}

export function encodeSection(code: number, value: Typed): Buffer {
  const writer = new types.Writer();
  writer.write(types.described(types.wrap_ulong(code), value));
  return Buffer.from(writer.toBuffer());
}

/** The typed items of a list, map or array. */
export const itemsOf = (value: Typed | null | undefined): Typed[] =>
  Array.isArray(value?.value) ? (value.value as Typed[]) : [];

export type TypedEntry = readonly [key: string, value: Typed];

export function mapEntries(map: Typed | null | undefined): TypedEntry[] {
  const items = itemsOf(map);
  const entries: TypedEntry[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = [items[index], items[index + 1]];
    if (key && value) entries.push([String(key.value), value]);
  }
  return entries;
}

/** Encodes a map section; keys are symbols in annotations and strings in application properties. */
export function encodeMapSection(code: number, entries: Iterable<TypedEntry>, symbolic: boolean): Buffer {
  const items: Typed[] = [];
  for (const [key, value] of entries)
    items.push(symbolic ? types.wrap_symbol(key) : types.wrap_string(key), value);
  const map = types.wrap_map({});
  map.value = items;
  return encodeSection(code, map);
}

/** A plain value of a typed one where it is a string, number, boolean or date; anything else is undefined. */
export function scalarOf(value: Typed | undefined): string | number | boolean | Date | undefined {
  const plain = value?.value;
  if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean') return plain;
  return plain instanceof Date ? plain : undefined;
}
