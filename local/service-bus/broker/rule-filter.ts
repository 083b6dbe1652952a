import { compileFilter } from '../sql/compile.ts';
import type { Expression } from '../sql/expression.ts';
import { parametersOf } from '../sql/rule-value.ts';
import { truthOf } from '../sql/values.ts';
import type { RuleFilter, RuleValue, SqlText } from '../store/entity-store.ts';
import { propertyIndex } from '../wire/message.ts';
import type { Typed } from '../wire/rhea.ts';
import { scalarOf } from '../wire/sections.ts';
import type { FilterView } from './filter-view.ts';

/** Fields of a correlation filter by their names in the rule's XML, in the order of their list on `$management`. */
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

/** Conditions that were read once: rules are few, and messages are many. */
const compiled = new Map<string, Expression>();
const mostCompiled = 1_000;

function conditionOf({ expression, parameters }: SqlText): Expression {
  const key = JSON.stringify([expression, parameters]);
  const found = compiled.get(key) ?? compileFilter(expression, parametersOf(parameters));
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(key, found);
  return found;
}

/** An SQL filter of a request; throws `argument` when it is none. */
export function parseSqlFilter(text: SqlText): RuleFilter {
  const compact = text.expression.replaceAll(/\s+/g, '');
  if (compact === '1=1') return { kind: 'true' };
  if (compact === '1=0') return { kind: 'false' };
  conditionOf(text);
  return { kind: 'sql', ...text };
}

function isSame(value: Typed | undefined, expected: RuleValue): boolean {
  const plain = scalarOf(value);
  if (plain === undefined) return false;
  if (plain instanceof Date) return plain.getTime() === Date.parse(expected.text);
  if (typeof plain === 'number') return expected.type !== 'string' && plain === Number(expected.text);
  if (typeof plain === 'boolean') return expected.type === 'boolean' && String(plain) === expected.text;
  return expected.type === 'string' && plain === expected.text;
}

/** Whether the filter selects the message; throws EvaluationError when its condition cannot be evaluated. */
export function matches(filter: RuleFilter, message: FilterView): boolean {
  if (filter.kind === 'true' || filter.kind === 'false') return filter.kind === 'true';
  if (filter.kind === 'sql') return truthOf(conditionOf(filter)(message.context)) === true;
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
