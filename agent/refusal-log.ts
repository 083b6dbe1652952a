const minuteMs = 60_000;

/**
 * Passes on so many a minute and counts the rest: what strangers do must not fill the log. `unlogged` is how many were
 * not passed on since the last one that was.
 */
export function createRefusalLog<Facts extends object>(
  perMinute: number,
  now: () => number,
  write: (facts: Facts & { unlogged?: number }) => void,
): (facts: Facts) => void {
  let endsAt = Number.NEGATIVE_INFINITY;
  let told = 0;
  let unlogged = 0;
  return (facts) => {
    if (now() >= endsAt) {
      endsAt = now() + minuteMs;
      told = 0;
    }
    told += 1;
    if (told > perMinute) {
      unlogged += 1;
      return;
    }
    write(unlogged > 0 ? { ...facts, unlogged } : facts);
    unlogged = 0;
  };
}
