import { Cron } from 'croner';
import { timeSpanMs } from '../host-settings.ts';

/** When a timer function runs. */
export interface Schedule {
  /** The first time after `afterMs`, in milliseconds. Throws when there is none. */
  next(afterMs: number): number;
  /** More often than once a minute: the real host then keeps no status. */
  isFrequent: boolean;
}

/** NCRONTAB takes numbers, three-letter names, lists, ranges and steps; not the L, W, #, ? of other dialects. */
const field = /^(?:\*|[0-9a-z]+(?:-[0-9a-z]+)?)(?:\/\d+)?(?:,(?:\*|[0-9a-z]+(?:-[0-9a-z]+)?)(?:\/\d+)?)*$/i;
const names = /^(?:\d+|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;

function isField(text: string): boolean {
  return field.test(text) && [...text.matchAll(/[0-9a-z]+/gi)].every(([atom]) => names.test(atom));
}

/**
 * Parses the schedule of a timer trigger: NCRONTAB of six fields (seconds first) or five, or a TimeSpan as a
 * fixed interval. Day of month and day of week must both match, unlike in other crons. Throws on bad text.
 */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const intervalMs = timeSpanMs(text);
  if (intervalMs !== undefined) {
    if (intervalMs === 0) throw new Error(`the schedule '${text}' has no length`);
    return { next: (afterMs) => afterMs + intervalMs, isFrequent: intervalMs < 60_000 };
  }
  const fields = text.trim().split(/\s+/);
  if ((fields.length !== 5 && fields.length !== 6) || !fields.every(isField))
    throw new Error(`the schedule '${text}' is neither NCRONTAB nor a time span`);
  let cron: Cron;
  try {
    cron = new Cron(fields.length === 5 ? `0 ${fields.join(' ')}` : fields.join(' '), {
      paused: true,
      mode: '6-part',
      domAndDow: true,
      sloppyRanges: true,
      ...(timeZone !== undefined && { timezone: timeZone }),
    });
  } catch (error) {
    throw new Error(
      `the schedule '${text}' is not NCRONTAB: ${error instanceof Error ? error.message : error}`,
    );
  }
  const next = (afterMs: number) => {
    const found = cron.nextRun(new Date(afterMs));
    if (!found) throw new Error(`the schedule '${text}' never comes`);
    return found.getTime();
  };
  const first = next(0);
  return { next, isFrequent: next(first) - first < 60_000 };
}
