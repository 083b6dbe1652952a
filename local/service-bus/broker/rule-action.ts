import { compileAction } from '../sql/compile.ts';
import { parametersOf } from '../sql/rule-value.ts';
import type { Value } from '../sql/values.ts';
import type { SqlText } from '../store/entity-store.ts';
import { type Message, parseMessage } from '../wire/message.ts';
import { changeMessage } from '../wire/message-change.ts';
import { type Typed, types } from '../wire/rhea.ts';
import { filterViewOf } from './filter-view.ts';

const int32 = 2 ** 31;

/** Whole numbers are int or long on the wire, as the service's own are. */
function typed(value: Value): Typed {
  if (value instanceof Date) return types.wrap_timestamp(value.getTime());
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return types.wrap(value ?? null);
  return Math.abs(value) < int32 ? types.wrap_int(value) : types.wrap_long(value);
}

/** The copy of a message that a rule's action makes; a step sees what the steps before it did. */
export function applyAction(action: SqlText, message: Message): Message {
  let { bare } = message;
  for (const step of compileAction(action.expression, parametersOf(action.parameters))) {
    const { context, properties } = filterViewOf(bare);
    const value = step.kind === 'set' ? typed(step.value(context)) : undefined;
    const { property } = step;
    if (property.scope === 'sys') bare = changeMessage(bare, { field: property.index, value });
    else {
      const isNamed = (name: string) => name.toLowerCase() === property.name.toLowerCase();
      const present = [...properties.keys()].find(isNamed) ?? property.name;
      bare = changeMessage(bare, { property: present, value });
    }
  }
  const { sessionId, messageId } = parseMessage(bare);
  return { ...message, bare, sessionId, messageId };
}

/** Throws `argument` when the text is no action. */
export const requireAction = ({ expression, parameters }: SqlText): void =>
  void compileAction(expression, parametersOf(parameters));
