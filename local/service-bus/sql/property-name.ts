import { ServiceBusError } from '../service-bus-error.ts';
import { propertyIndex } from '../wire/message.ts';
import type { WordReader } from './word-reader.ts';

/** A property as an expression names it: of the user, or a system property by its position. */
export type PropertyName = { scope: 'user'; name: string } | { scope: 'sys'; index: number };

const systemProperties: Readonly<Record<string, number>> = {
  messageid: propertyIndex.messageId,
  correlationid: propertyIndex.correlationId,
  to: propertyIndex.to,
  replyto: propertyIndex.replyTo,
  label: propertyIndex.subject,
  subject: propertyIndex.subject,
  sessionid: propertyIndex.sessionId,
  replytosessionid: propertyIndex.replyToSessionId,
  contenttype: propertyIndex.contentType,
};

/** `[sys.|user.]name`; without a scope it is the user's (learn.microsoft.com, "service-bus-messaging-sql-filter"). */
export function readPropertyName(words: WordReader): PropertyName {
  const first = requireName(words);
  if (words.takeSign('.') === undefined) return { scope: 'user', name: first };
  const name = requireName(words);
  const scope = first.toLowerCase();
  if (scope === 'user') return { scope, name };
  if (scope !== 'sys') words.fail(`the scope 'sys' or 'user' instead of '${first}'`);
  const index = systemProperties[name.toLowerCase()];
  if (index === undefined)
    throw new ServiceBusError(
      'not_implemented',
      `The local Service Bus lacks the system property 'sys.${name}' in SQL expressions.`,
    );
  return { scope: 'sys', index };
}

function requireName(words: WordReader): string {
  const { kind } = words.peek();
  if (kind !== 'name' && kind !== 'delimited') words.fail('the name of a property');
  return words.next().text;
}
