import type { CertificateReply } from '../api/replies.ts';
import { formatMoment } from './time.ts';

/** A moment of a certificate's life that the picture names. */
export type MomentKind = 'previous-expiry' | 'issued' | 'due' | 'turn' | 'retry' | 'emergency' | 'expiry';

export interface Mark {
  kind: MomentKind | 'now';
  /** Milliseconds since the epoch. */
  at: number;
  /** Where on the picture, 0 (left) to 1. */
  share: number;
  word: string;
  /** As short as the picture's span allows. */
  date: string;
}

export interface Span {
  from: number;
  to: number;
}

/** The time line as shares of its width, 0 to 1; a reply draws the same picture at every width. */
export interface TimeLine {
  /** Life of the newest leaf; absent while there is none. */
  leaf?: Span;
  /** Life of the leaf that is in service until the newest is seen served. */
  previous?: Span;
  /** The authority's window (RFC 9773). */
  window?: Span;
  /** From the emergency threshold to the end. */
  emergency?: Span;
  now: Mark;
  /** In the order of time, without `now`. */
  marks: Mark[];
}

const momentWords = {
  'previous-expiry': 'old ends',
  issued: 'issued',
  due: 'renewal',
  turn: 'its turn',
  retry: 'next try',
  emergency: 'emergency',
  expiry: 'ends',
  now: 'now',
} as const satisfies Record<Mark['kind'], string>;

type Facts = Pick<
  CertificateReply,
  'state' | 'leaf' | 'previous' | 'dueAt' | 'emergencyAt' | 'window' | 'plan'
>;

/** What `dueAt` is the date of: the regular renewal, a turn, or the repetition of what did not come to its end. */
export function dueKind({ state, plan }: Pick<Facts, 'state' | 'plan'>): 'due' | 'turn' | 'retry' {
  if (plan) return 'turn';
  return state === 'waiting' || state === 'ordered' || state === 'expired' || state === 'revoked'
    ? 'retry'
    : 'due';
}

interface Moment {
  kind: MomentKind;
  at: number;
}

/** Every dated moment of the reply, in the order of time. */
export function momentsOf(facts: Facts): Moment[] {
  const { leaf, previous, dueAt, emergencyAt } = facts;
  const dated: readonly (readonly [MomentKind, string | null | undefined])[] = [
    ['issued', leaf?.issuedAt],
    ['previous-expiry', previous?.notAfter],
    [dueKind(facts), facts.plan?.turnAt ?? dueAt],
    ['emergency', leaf && emergencyAt],
    ['expiry', leaf?.notAfter],
  ];
  return dated
    .flatMap(([kind, at]) => (at ? [{ kind, at: Date.parse(at) }] : []))
    .toSorted((one, other) => one.at - other.at);
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
/** How far beyond the end of the last leaf the picture goes, as a part of that leaf's life. */
const beyond = 1 / 4;

/** The moments between which the picture lies: the leaves whole, and now as far as it does not squeeze them. */
function boundsOf(facts: Facts, now: number): Span | undefined {
  const { leaf, previous } = facts;
  const moments = momentsOf(facts).map(({ at }) => at);
  if (!leaf) {
    const last = Math.max(now, ...moments);
    return last > now ? { from: now, to: last } : undefined;
  }
  const [begins, ends] = [Date.parse(leaf.notBefore), Date.parse(leaf.notAfter)];
  const life = ends - begins;
  const from = previous ? Math.max(Date.parse(previous.notBefore), begins - life) : begins;
  const lastEnd = Math.max(ends, previous ? Date.parse(previous.notAfter) : ends);
  return { from, to: Math.min(Math.max(lastEnd, now, ...moments), lastEnd + life * beyond) };
}

/** The picture of a certificate's life; undefined when there is nothing with a date to draw. */
export function timeLineOf(facts: Facts, now: number): TimeLine | undefined {
  const bounds = boundsOf(facts, now);
  if (!bounds) return undefined;
  const { leaf, previous, window, emergencyAt } = facts;
  const length = bounds.to - bounds.from;
  const shareOf = (at: number): number => (length > 0 ? clamp((at - bounds.from) / length) : 0);
  const spanOf = (from: string, to: string): Span => ({
    from: shareOf(Date.parse(from)),
    to: shareOf(Date.parse(to)),
  });
  const markOf = (kind: Mark['kind'], at: number): Mark => ({
    kind,
    at,
    share: shareOf(at),
    word: momentWords[kind],
    date: formatMoment(at, length),
  });
  return {
    ...(leaf && { leaf: spanOf(leaf.notBefore, leaf.notAfter) }),
    ...(previous && { previous: spanOf(previous.notBefore, previous.notAfter) }),
    ...(leaf && window && { window: spanOf(window.start, window.end) }),
    ...(leaf && emergencyAt && { emergency: spanOf(emergencyAt, leaf.notAfter) }),
    now: markOf('now', now),
    marks: momentsOf(facts).map(({ kind, at }) => markOf(kind, at)),
  };
}
