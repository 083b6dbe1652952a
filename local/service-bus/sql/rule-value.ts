import { ServiceBusError } from '../service-bus-error.ts';
import type { RuleValue } from '../store/entity-store.ts';
import { parseDuration } from '../wire/dotnet.ts';
import type { Parameters } from './expression.ts';
import type { Value } from './values.ts';

const numbers = new Set(['int', 'long', 'short', 'byte', 'double', 'float', 'decimal', 'unsignedInt']);

/** A typed text of a rule's XML as a value to compare with. */
function valueOf({ type, text }: RuleValue): Value {
  if (numbers.has(type)) return Number(text);
  if (type === 'boolean') return text.toLowerCase() === 'true';
  if (type === 'dateTime') return new Date(text);
  if (type === 'duration') return parseDuration(text);
  if (type === 'string' || type === 'char' || type === 'guid') return text;
  throw new ServiceBusError(
    'not_implemented',
    `The local Service Bus lacks parameters of the type '${type}' in SQL expressions.`,
  );
}

export const parametersOf = (values: Readonly<Record<string, RuleValue>>): Parameters =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.startsWith('@') ? name : `@${name}`, valueOf(value)]),
  );
