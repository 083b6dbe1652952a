import type { FailureFacts } from '../failure.ts';
import { renderFields } from './columns.ts';
import { plain } from './plain.ts';

const known = new Set([
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'code',
  'hop',
  'remedy',
  'retryable',
  'errors',
]);

const isSimple = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** A simple value, or a list of them, as one line. */
function lineOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every(isSimple) ? value.join(', ') : undefined;
  return isSimple(value) ? String(value) : undefined;
}

/** Facts that RFC 9457 lets a service add to a problem, as far as its detail does not say them already. */
const moreFacts = (facts: FailureFacts): [string, string][] =>
  Object.entries(facts).flatMap(([name, value]): [string, string][] => {
    const line = known.has(name) ? undefined : lineOf(value);
    return line === undefined || facts.detail.includes(line) ? [] : [[plain(name), line]];
  });

/** A problem as a person reads it: what failed, where, and what to do next. */
export function renderProblem(facts: FailureFacts): string {
  const { title, detail, code, hop, status, remedy, retryable, instance, errors = [] } = facts;
  const fields = renderFields(
    [
      ['detail', detail === title ? undefined : detail],
      // A single fault is the detail itself.
      ...(errors.length > 1 ? errors : []).map(({ field, message }) => [field, message] as const),
      ['code', code],
      ['hop', hop],
      ...moreFacts(facts),
      ['remedy', remedy],
      ['retry', retryable ? 'the same request may succeed later' : undefined],
      ['status', status === undefined ? undefined : String(status)],
      ['instance', instance],
    ],
    '  ',
  );
  return `${plain(title)}\n${fields}`;
}
