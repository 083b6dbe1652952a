import { auditQuery } from '#shared/protocol/audit-api.ts';
import { UsageError } from '../failure.ts';
import { parseTime } from './lease-arguments.ts';

const outcomes = auditQuery.shape.outcome.unwrap().options;

/** Which records are asked for; the same everywhere. */
export const auditOptions = {
  action: { value: 'WORDS', meaning: 'the beginning of what was done: session, "lease approve"' },
  outcome: { value: 'OUTCOME', meaning: outcomes.join(', '), choices: outcomes },
  actor: { value: 'WHO', meaning: 'object id, or a part of the name' },
  from: { value: 'TIME', meaning: 'not before this day or time, in UTC' },
  to: { value: 'TIME', meaning: 'not after this day or time, in UTC' },
};
type Given = Readonly<Partial<Record<keyof typeof auditOptions, string>>>;

/** Throws `UsageError`. */
export function parseAuditQuestion({ action, outcome, actor, from, to }: Given, command: string) {
  const wanted = outcome?.toLowerCase();
  if (wanted !== undefined && !outcomes.some((one) => one === wanted))
    throw new UsageError(`--outcome must be one of ${outcomes.join(', ')}`, command);
  return {
    action,
    outcome: wanted,
    actor,
    from: parseTime('from', from, command),
    to: parseTime('to', to, command, true),
  };
}

/** The parameter of a link to the next part that says where that begins. */
export const parameterOf = (link: string | undefined, name: string): string | undefined =>
  (link === undefined ? undefined : URL.parse(link, 'http://api')?.searchParams.get(name)) ?? undefined;
