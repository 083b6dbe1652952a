import type { CertificateReply } from '#shared/protocol/certificate-api.ts';

type Facts = Pick<CertificateReply, 'leaf' | 'previous' | 'dueAt' | 'emergencyAt' | 'window' | 'plan'>;

/** What each sign of the line stands for, in the order in which it covers the ones before it. */
export const timeLineSigns = {
  passed: '=',
  ahead: '-',
  emergency: '!',
  window: '~',
  due: 'D',
  end: '|',
  now: 'o',
} as const;

/**
 * The life of a certificate as one line of `width` characters, and above it the one before as long as that is in
 * service. Undefined without a leaf: then there is nothing but a date.
 */
export function drawTimeLine(facts: Facts, nowMs: number, width: number): string[] | undefined {
  const { leaf, previous, dueAt, emergencyAt, window, plan } = facts;
  if (!leaf) return undefined;
  const begins = Date.parse(leaf.notBefore);
  const ends = Date.parse(leaf.notAfter);
  const life = ends - begins;
  const from = previous ? Math.max(Date.parse(previous.notBefore), begins - life) : begins;
  const to = Math.max(ends, previous ? Date.parse(previous.notAfter) : ends);
  const columnOf = (ms: number): number =>
    Math.min(width - 1, Math.max(0, Math.round(((ms - from) / (to - from)) * (width - 1))));
  const at = (iso: string): number => columnOf(Date.parse(iso));
  const line = Array.from({ length: width }, () => ' ');
  const fill = (first: number, last: number, sign: string) => line.fill(sign, first, last + 1);

  fill(columnOf(begins), columnOf(ends), timeLineSigns.ahead);
  if (emergencyAt) fill(at(emergencyAt), columnOf(ends), timeLineSigns.emergency);
  if (nowMs > begins) fill(columnOf(begins), columnOf(Math.min(nowMs, ends)), timeLineSigns.passed);
  if (window) fill(at(window.start), at(window.end), timeLineSigns.window);
  const next = plan?.turnAt ?? dueAt;
  if (next) line[at(next)] = timeLineSigns.due;
  line[columnOf(begins)] = timeLineSigns.end;
  line[columnOf(ends)] = timeLineSigns.end;
  line[columnOf(nowMs)] = timeLineSigns.now;

  if (!previous) return [line.join('')];
  const above = Array.from({ length: width }, () => ' ');
  above.fill(timeLineSigns.passed, at(previous.notBefore), at(previous.notAfter) + 1);
  above[at(previous.notAfter)] = timeLineSigns.end;
  return [above.join('').trimEnd(), line.join('').trimEnd()];
}
