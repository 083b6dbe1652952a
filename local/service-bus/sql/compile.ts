import { standardTier } from '../limits.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { type Expression, type Parameters, readExpression } from './expression.ts';
import { type PropertyName, readPropertyName } from './property-name.ts';
import { readWords, type WordReader } from './word-reader.ts';

/** One step of an action: the property gets a value, or goes. */
export type ActionStep =
  | { kind: 'set'; property: PropertyName; value: Expression }
  | { kind: 'remove'; property: PropertyName };

function read(sql: string): WordReader {
  if (sql.length > standardTier.sqlLength)
    throw new ServiceBusError(
      'argument',
      `SubCode=40000. An SQL expression has at most ${standardTier.sqlLength} characters.`,
    );
  return readWords(sql);
}

/** The condition of an SQL filter; throws `argument` where the text leaves the grammar. */
export function compileFilter(sql: string, parameters: Parameters): Expression {
  const words = read(sql);
  const expression = readExpression(words, parameters);
  if (words.peek().kind !== 'end') words.fail('the end');
  return expression;
}

/** `SET property = expression` and `REMOVE property`, with or without semicolons between them. */
export function compileAction(sql: string, parameters: Parameters): ActionStep[] {
  const words = read(sql);
  const steps: ActionStep[] = [];
  while (words.peek().kind !== 'end') {
    if (words.takeKeyword('SET')) {
      const property = readPropertyName(words);
      words.requireSign('=');
      steps.push({ kind: 'set', property, value: readExpression(words, parameters) });
    } else if (words.takeKeyword('REMOVE')) steps.push({ kind: 'remove', property: readPropertyName(words) });
    else words.fail('SET or REMOVE');
    while (words.takeSign(';'));
  }
  if (steps.length === 0) words.fail('SET or REMOVE');
  if (steps.length > standardTier.actionSteps)
    throw new ServiceBusError(
      'argument',
      `SubCode=40000. An action has at most ${standardTier.actionSteps} expressions.`,
    );
  return steps;
}
