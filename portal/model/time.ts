const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short', hourCycle: 'h23' });

const dayOnly = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const weekdayClock = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** As short as it may be within a picture that spans `spanMs`: a clock, a weekday with one, or a day. */
export function formatMoment(at: number, spanMs: number): string {
  if (spanMs < 2 * dayMs) return clock.format(at);
  return spanMs < 14 * dayMs ? weekdayClock.format(at) : dayOnly.format(at);
}

export const formatDayOnly = (at: string): string => dayOnly.format(new Date(at));
export const formatAbsolute = (at: string): string => absolute.format(new Date(at));
export const formatClock = (at: string): string => clock.format(new Date(at));

/** For example `3 minutes ago` or `in 2 days`; rounded towards now. */
export function formatRelative(at: string, now: number): string {
  const difference = Date.parse(at) - now;
  const size = Math.abs(difference);
  if (size < minuteMs) return difference > 0 ? 'in under a minute' : 'just now';
  if (size < hourMs) return relative.format(Math.trunc(difference / minuteMs), 'minute');
  if (size < dayMs) return relative.format(Math.trunc(difference / hourMs), 'hour');
  return relative.format(Math.trunc(difference / dayMs), 'day');
}

/** A span with units: `under 1 s`, `4 s`, `1 min 5 s`, `2 h 3 min`, `12 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'under 1 s';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Minutes as people say them: `30 min`, `1 h`, `1 h 30 min`. */
export function formatMinutes(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 && `${hours} h`, (rest > 0 || hours === 0) && `${rest} min`].filter(Boolean).join(' ');
}

/** Today only its clock, any other day with the date. */
export const formatWhen = (at: string, now: number): string =>
  new Date(at).toDateString() === new Date(now).toDateString() ? formatClock(at) : formatAbsolute(at);

/** Binary units with at most one decimal. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${Math.round(value * 10) / 10} ${units[unit]}`;
}
