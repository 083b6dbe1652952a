import type { ServiceName } from '../api/replies.ts';
import type { LeaseWishes } from '../api/wishes.ts';
import { dayMs } from './time.ts';

/** What the service takes; a test compares them with its own. */
export const leaseBounds = {
  minutes: { minimum: 5, maximum: 1440 },
  purpose: { minimum: 3, maximum: 500 },
  reference: 100,
  aheadDays: 14,
} as const;

export const quickMinutes = [30, 60, 240] as const;

/** The request as it is typed. */
export interface LeaseDraft {
  service: ServiceName;
  minutes: string;
  purpose: string;
  reference: string;
  /** As a field for date and time has it, in the reader's own time zone; empty for as soon as it is approved. */
  start: string;
}

export interface LeaseFaults {
  minutes?: string;
  purpose?: string;
  start?: string;
}

export function minutesFault(text: string): string | undefined {
  const minutes = Number(text);
  const { minimum, maximum } = leaseBounds.minutes;
  const isGood =
    /^\d+$/.test(text.trim()) && Number.isInteger(minutes) && minutes >= minimum && minutes <= maximum;
  return isGood ? undefined : `Give it between ${minimum} minutes and 24 hours (${maximum} minutes).`;
}

export const purposeFault = (text: string): string | undefined =>
  text.trim().length < leaseBounds.purpose.minimum
    ? 'Say what it is for: who decides reads it, and the audit keeps it.'
    : undefined;

function startFault(text: string, now: number): string | undefined {
  if (text === '') return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return 'Give a date and a time.';
  if (at <= now) return 'This time has passed: leave it empty to begin with the approval.';
  return at > now + leaseBounds.aheadDays * dayMs
    ? `It can be asked for at most ${leaseBounds.aheadDays} days ahead.`
    : undefined;
}

export function leaseFaults({ minutes, purpose, start }: LeaseDraft, now: number): LeaseFaults {
  const found = {
    minutes: minutesFault(minutes),
    purpose: purposeFault(purpose),
    start: startFault(start, now),
  };
  return Object.fromEntries(Object.entries(found).filter(([, fault]) => fault !== undefined));
}

export const leaseWishes = ({ service, minutes, purpose, reference, start }: LeaseDraft): LeaseWishes => ({
  service,
  minutes: Number(minutes),
  purpose: purpose.trim(),
  ...(reference.trim() && { reference: reference.trim() }),
  ...(start && { notBefore: new Date(start).toISOString() }),
});
