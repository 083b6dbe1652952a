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

/** The first or the last moment of a day here; nothing for what is no day. */
function momentOf(day: string, end: 'first' | 'last'): string | undefined {
  if (!isDay(day)) return undefined;
  return new Date(`${day}T${end === 'first' ? '00:00' : '23:59:59.999'}`).toISOString();
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
    from: momentOf(from, 'first'),
    to: momentOf(to, 'last'),
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
