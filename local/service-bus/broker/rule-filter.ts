import { ServiceBusError } from '../service-bus-error.ts';
import type { RuleFilter } from '../store/entity-store.ts';
import { propertyIndex } from '../wire/message.ts';
import type { Typed } from '../wire/rhea.ts';
import { itemsOf, mapEntries, scalarOf, sectionCodes, splitSections } from '../wire/sections.ts';

/** Fields of a correlation filter by their names in the rule's XML. */
const fieldIndexes: Readonly<Record<string, number>> = {
  CorrelationId: propertyIndex.correlationId,
  MessageId: propertyIndex.messageId,
  To: propertyIndex.to,
  ReplyTo: propertyIndex.replyTo,
  Label: propertyIndex.subject,
  SessionId: propertyIndex.sessionId,
  ReplyToSessionId: propertyIndex.replyToSessionId,
  ContentType: propertyIndex.contentType,
};

export const correlationFields = Object.keys(fieldIndexes);

/** The SQL filters that need no grammar. Others are refused by name until the grammar is here. */
export function parseSqlFilter(expression: string): RuleFilter {
  const compact = expression.replaceAll(/\s+/g, '');
  if (compact === '1=1') return { kind: 'true' };
  if (compact === '1=0' || compact === '1=2') return { kind: 'false' };
  throw new ServiceBusError(
    'not_implemented',
    `The local Service Bus lacks SQL filters other than 1=1 and 1=0; '${expression}' is one. Use a correlation filter.`,
  );
}

/** What filters look at, decoded once per message for all subscriptions of a topic. */
export interface FilterView {
  fields: readonly Typed[];
  properties: ReadonlyMap<string, Typed>;
}

export function filterViewOf(bare: Buffer): FilterView {
  const sections = splitSections(bare);
  const find = (code: number) => sections.find((section) => section.code === code)?.value;
  return {
    fields: itemsOf(find(sectionCodes.properties)),
    properties: new Map(mapEntries(find(sectionCodes.applicationProperties))),
  };
}

function isSame(value: Typed | undefined, expected: { type: string; text: string }): boolean {
  const plain = scalarOf(value);
  if (plain === undefined) return false;
  if (plain instanceof Date) return plain.getTime() === Date.parse(expected.text);
  if (typeof plain === 'number') return expected.type !== 'string' && plain === Number(expected.text);
  if (typeof plain === 'boolean') return expected.type === 'boolean' && String(plain) === expected.text;
  return expected.type === 'string' && plain === expected.text;
}

export function matches(filter: RuleFilter, message: FilterView): boolean {
  if (filter.kind !== 'correlation') return filter.kind === 'true';
  const fieldsMatch = Object.entries(filter.fields).every(([name, expected]) =>
    isSame(message.fields[fieldIndexes[name] ?? -1], { type: 'string', text: expected }),
  );
  return (
    fieldsMatch &&
    Object.entries(filter.properties).every(([name, expected]) =>
      isSame(message.properties.get(name), expected),
    )
  );
}
