import { formatAbsolute, formatRelative } from '../model/time.ts';

/** Relative, with the absolute time on hover. */
export function TimeAgo({ at, now }: { at: string; now: number }) {
  return (
    <time dateTime={at} title={formatAbsolute(at)}>
      {formatRelative(at, now)}
    </time>
  );
}
