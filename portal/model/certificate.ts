import { dayMs } from './time.ts';

/** The time until the end of a certificate. */
export function remainderOf(notAfter: string, now: number): { words: string; isOver: boolean } {
  const leftMs = Date.parse(notAfter) - now;
  if (leftMs <= 0) return { words: 'expired', isOver: true };
  const days = Math.floor(leftMs / dayMs);
  return { words: days >= 2 ? `${days} days` : `${Math.floor(leftMs / (dayMs / 24))} h`, isOver: false };
}
