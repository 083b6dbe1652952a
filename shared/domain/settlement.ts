import type { Bucket, RateLimit, Reservation } from './budget.ts';
import { giveTokenBack, spendToken } from './token-bucket.ts';
import { limitOfBucket } from './turn.ts';

/**
 * Those of the buckets that gave a token to this reservation, after it: `spent` tokens come back from now on,
 * `released` ones are there. A bucket whose limit is configured no more stays as it is.
 */
export const settleBuckets = (
  limits: readonly RateLimit[],
  buckets: readonly Bucket[],
  reservation: Pick<Reservation, 'buckets' | 'at'>,
  outcome: 'spent' | 'released',
  now: number,
): Bucket[] =>
  buckets.flatMap((bucket) => {
    const limit = limitOfBucket(limits, bucket.id);
    if (!limit || !reservation.buckets.includes(bucket.id)) return [];
    const reservedAt = Date.parse(reservation.at);
    return outcome === 'spent'
      ? spendToken(limit, bucket, reservedAt, now)
      : giveTokenBack(bucket, reservedAt);
  });
