import type { Certificate } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';
import { dayMs } from './time.ts';

export interface Validity {
  /** Whole days until it ends; negative when it has ended. */
  daysLeft: number;
  /** Shares of the lifetime, 0 to 1. */
  elapsed: number;
  renewal: number;
  tone: Tone;
  words: string;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export function validityOf({ notBefore, notAfter, dueAt }: Certificate, now: number): Validity {
  const [start, end, due] = [Date.parse(notBefore), Date.parse(notAfter), Date.parse(dueAt)];
  const share = (at: number) => clamp((at - start) / (end - start));
  const daysLeft = Math.floor((end - now) / dayMs);
  const hoursLeft = Math.floor((end - now) / (dayMs / 24));
  const tone = end <= now ? 'bad' : due <= now ? 'warning' : 'good';
  const words = end <= now ? 'expired' : daysLeft >= 2 ? `${daysLeft} days` : `${hoursLeft} h`;
  return { daysLeft, elapsed: share(now), renewal: share(due), tone, words };
}
