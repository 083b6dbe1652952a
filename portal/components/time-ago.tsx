import { formatAbsolute, formatRelative } from '../model/time.ts';

interface TimeAgoProps {
  at: string;
  now: number;
  /** It has happened, though the page’s clock may not have come to it yet. */
  isPast?: boolean;
}

/** Relative, with the absolute time on hover. */
export function TimeAgo({ at, now, isPast = false }: TimeAgoProps) {
  return (
    <time dateTime={at} title={formatAbsolute(at)}>
      {formatRelative(at, isPast ? Math.max(now, Date.parse(at)) : now)}
    </time>
  );
}
