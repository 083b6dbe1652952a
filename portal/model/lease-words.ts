import type { Lease } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';
import { serviceNames } from './service.ts';
import { formatMinutes, formatWhen } from './time.ts';

export type LeaseState = Lease['state'];

export const leaseStates: Readonly<Record<LeaseState, { word: string; tone: Tone }>> = {
  requested: { word: 'Waits for approval', tone: 'busy' },
  approved: { word: 'Approved', tone: 'good' },
  active: { word: 'Active', tone: 'good' },
  ended: { word: 'Ended', tone: 'neutral' },
  denied: { word: 'Denied', tone: 'bad' },
  withdrawn: { word: 'Withdrawn', tone: 'neutral' },
  lapsed: { word: 'Lapsed', tone: 'warning' },
};

export const isLeaseOver = ({ state }: Pick<Lease, 'state'>): boolean =>
  state === 'ended' || state === 'denied' || state === 'withdrawn' || state === 'lapsed';

export interface LeaseStep {
  name: 'Requested' | 'Decision' | 'Access' | 'End';
  state: 'done' | 'current' | 'stopped' | 'ahead';
  note: string;
}

const endWords = {
  expired: 'its time was up',
  given_back: 'given back',
  revoked: 'revoked',
  uninstalled: 'the machine was uninstalled',
  role_refused: 'Azure did not let the role be given',
} as const;

type Part = Omit<LeaseStep, 'name'>;
const ahead = (note = ''): Part => ({ state: 'ahead', note });

function decisionPart({ state, decision, answerBy, end, extensions }: Lease, now: number): Part {
  const by = decision ? `by ${decision.by.name}` : '';
  if (state === 'requested') return { state: 'current', note: `waits until ${formatWhen(answerBy, now)}` };
  if (state === 'denied') return { state: 'stopped', note: `denied ${by}` };
  if (state === 'withdrawn' && !decision) return { state: 'stopped', note: 'withdrawn before it' };
  if (state === 'lapsed' && !decision)
    return { state: 'stopped', note: `nobody decided by ${formatWhen(end?.at ?? answerBy, now)}` };
  const waits = extensions.some((extension) => !extension.decision);
  return { state: 'done', note: waits ? `approved ${by}; an extension waits` : `approved ${by}` };
}

function accessPart({ state, startsAt, endsAt }: Lease, now: number): Part {
  const [start, end] = [startsAt, endsAt].map((at) => at && formatWhen(at, now));
  if (state === 'active') return { state: 'current', note: `since ${start}` };
  if (state === 'approved') return ahead(`begins ${start}`);
  if (state === 'ended') return { state: 'done', note: start && end ? `from ${start}` : 'it had begun' };
  if (state === 'lapsed' && startsAt) return { state: 'stopped', note: 'its start was missed' };
  return ahead();
}

function endPart({ state, endsAt, end, minutes }: Lease, now: number): Part {
  if (state === 'ended' && end) {
    const by = end.by ? ` by ${end.by.name}` : '';
    return { state: 'done', note: `${formatWhen(end.at, now)}: ${endWords[end.reason]}${by}` };
  }
  if (endsAt && (state === 'approved' || state === 'active')) return ahead(`at ${formatWhen(endsAt, now)}`);
  return ahead(state === 'requested' ? `${formatMinutes(minutes)} later` : '');
}

/** The way of a lease, step by step. */
export const leaseSteps = (lease: Lease, now: number): LeaseStep[] => [
  { name: 'Requested', state: 'done', note: formatWhen(lease.requestedAt, now) },
  { name: 'Decision', ...decisionPart(lease, now) },
  { name: 'Access', ...accessPart(lease, now) },
  { name: 'End', ...endPart(lease, now) },
];

/** The extension that waits for a word, where one does. */
export const waitingExtension = ({ extensions }: Lease) =>
  extensions.find((extension) => !extension.decision);

/** What an approval opens, in one sentence, before anybody gives it. */
export function opensSentence(lease: Lease, now: number): string {
  const { requester, machine, service, minutes, notBefore, givesRole, endsAt } = lease;
  const extension = waitingExtension(lease);
  if (extension && endsAt) {
    const until = new Date(Date.parse(endsAt) + extension.minutes * 60_000).toISOString();
    return `${requester.name} keeps ${serviceNames[service]} on ${machine} for ${formatMinutes(extension.minutes)} more, until ${formatWhen(until, now)}.`;
  }
  const starts = notBefore && Date.parse(notBefore) > now ? notBefore : undefined;
  const until = new Date((starts ? Date.parse(starts) : now) + minutes * 60_000).toISOString();
  const when = starts
    ? `from ${formatWhen(starts, now)} until ${formatWhen(until, now)}`
    : `from now until about ${formatWhen(until, now)}`;
  const role = givesRole
    ? ' The role for it is assigned in Azure for this time, and removed at its end.'
    : '';
  return `${requester.name} may connect to ${machine} with ${serviceNames[service]} for ${formatMinutes(minutes)}, ${when}.${role}`;
}
