import type { Certificate } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';
import { dayMs } from './time.ts';

export interface Validity {
  /** Share of the lifetime that has passed, 0 to 1. */
  elapsed: number;
  tone: Tone;
  words: string;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** How much of the newest leaf's life is left; a certificate without a leaf has not begun to live. */
export function validityOf({ state, notBefore, notAfter, dueAt }: Certificate, now: number): Validity {
  if (notBefore === null || notAfter === null) return { elapsed: 0, tone: 'busy', words: 'on its way' };
  const [start, end] = [Date.parse(notBefore), Date.parse(notAfter)];
  const elapsed = clamp((now - start) / (end - start));
  if (state === 'revoked') return { elapsed, tone: 'bad', words: 'revoked' };
  if (end <= now) return { elapsed, tone: 'bad', words: 'expired' };
  const daysLeft = Math.floor((end - now) / dayMs);
  const hoursLeft = Math.floor((end - now) / (dayMs / 24));
  return {
    elapsed,
    tone: dueAt !== null && Date.parse(dueAt) <= now ? 'warning' : 'good',
    words: daysLeft >= 2 ? `${daysLeft} days` : `${hoursLeft} h`,
  };
}
