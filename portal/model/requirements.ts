import type { Precondition } from '../api/replies.ts';

/** How a requirement is shown: by a picture and by a word. */
export const outcomes = {
  failed: { icon: 'bad', word: 'not met' },
  warned: { icon: 'warning', word: 'a warning' },
  unknown: { icon: 'neutral', word: 'not known yet' },
  met: { icon: 'good', word: 'met' },
} as const;

export type Outcome = keyof typeof outcomes;

export function outcomeOf({ met, severity }: Precondition): Outcome {
  if (severity === 'info') return 'unknown';
  if (met) return 'met';
  return severity === 'failure' ? 'failed' : 'warned';
}

const counted: Readonly<Record<Outcome, (count: number) => string>> = {
  failed: (count) => `${count} not met`,
  warned: (count) => (count === 1 ? '1 warning' : `${count} warnings`),
  unknown: (count) => `${count} not known yet`,
  met: (count) => `${count} met`,
};

/** For example `1 not met, 3 met. What is not met has to be mended first.` */
export function requirementsSentence(preconditions: readonly Precondition[]): string {
  const found = preconditions.map(outcomeOf);
  const counts = (Object.keys(counted) as Outcome[]).flatMap((outcome) => {
    const count = found.filter((one) => one === outcome).length;
    return count === 0 ? [] : [counted[outcome](count)];
  });
  const list = counts.join(', ');
  if (found.includes('failed')) return `${list}. What is not met has to be mended first.`;
  return found.includes('warned') ? `${list}. A warning does not stop the install.` : `${list}.`;
}
