const minuteMs = 60_000;

/** `2026-12-30 18:12 UTC` of an ISO 8601 time. */
export const formatMoment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** The time alone where it is of today (UTC), else the day too. */
export const formatClock = (iso: string, nowMs: number): string =>
  iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10)
    ? `${iso.slice(11, 16)} UTC`
    : formatMoment(iso);

/** The times in somebody else's sentence, written in this way too. */
export const withReadableTimes = (text: string): string =>
  text.replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, formatMoment);

/** `in 39 d`, `in 8 h`, `5 min ago`, `now`; rounded towards now. */
export function formatDistance(iso: string, nowMs: number): string {
  const difference = Date.parse(iso) - nowMs;
  const minutes = Math.floor(Math.abs(difference) / minuteMs);
  if (minutes < 1) return 'now';
  const size =
    minutes < 60
      ? `${minutes} min`
      : minutes < 48 * 60
        ? `${Math.floor(minutes / 60)} h`
        : `${Math.floor(minutes / 1440)} d`;
  return difference > 0 ? `in ${size}` : `${size} ago`;
}

/** Both. */
export const describeMoment = (iso: string, nowMs: number): string =>
  `${formatMoment(iso)}, ${formatDistance(iso, nowMs)}`;
