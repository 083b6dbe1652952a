/** What the audit of a machine is asked for, as it stands in the page's address; an empty text asks nothing. */
export interface AuditQuestion {
  action: string;
  outcome: string;
  actor: string;
  /** Days in the reader's own time zone, `2026-11-22`; both are included. */
  from: string;
  to: string;
}

export const emptyQuestion: AuditQuestion = { action: '', outcome: '', actor: '', from: '', to: '' };
export const isAsked = (question: AuditQuestion): boolean =>
  Object.values(question).some((text) => text !== '');

/** The longest that the service takes. */
export const longestAudit = { action: 60, actor: 200 } as const;

const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00`));

/** The start of a day here, or of the day after it, as a moment; nothing for what is no day. */
function momentOf(day: string, daysLater: number): string | undefined {
  if (!isDay(day)) return undefined;
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + daysLater);
  return date.toISOString();
}

/** The same for the API, with what else is asked. */
export function auditQuery(
  { action, outcome, actor, from, to }: AuditQuestion,
  more: Record<string, string | undefined>,
): string {
  const asked = {
    action: action.trim(),
    outcome,
    actor: actor.trim(),
    from: momentOf(from, 0),
    to: momentOf(to, 1),
    ...more,
  };
  const used = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return used.length === 0 ? '' : `?${new URLSearchParams(used)}`;
}

export function readAuditQuestion(query: URLSearchParams): AuditQuestion {
  const text = (name: keyof AuditQuestion, longest: number) => (query.get(name) ?? '').slice(0, longest);
  const day = (name: 'from' | 'to') => (isDay(text(name, 10)) ? text(name, 10) : '');
  const outcome = text('outcome', 20);
  return {
    action: text('action', longestAudit.action),
    outcome: /^(allowed|refused|succeeded|failed)$/.test(outcome) ? outcome : '',
    actor: text('actor', longestAudit.actor),
    from: day('from'),
    to: day('to'),
  };
}
