import type { Bucket, RateLimit } from './budget.ts';

/** Times are milliseconds since the epoch. */
type Rate = Pick<RateLimit, 'capacity' | 'refillMs'>;

/** Tokens whose reservation nobody settles for this long are counted as spent: no order takes a day to be sent. */
const settledWithinMs = 24 * 60 * 60_000;

export const newBucket = (id: string): Bucket => ({ id, fullAt: 0 });

/**
 * When the `n`-th token from now on is there, if nobody but those before it takes one and none before `from`.
 *
 * The missing tokens come back one by one until `base`; there the bucket would be full, so the n-th token is there
 * `capacity - n` refills before (or, beyond the capacity, after).
 */
export function nthTokenAt({ capacity, refillMs }: Rate, bucket: Bucket, from: number, n: number): number {
  const base = Math.max(bucket.fullAt, from) + (bucket.held?.length ?? 0) * refillMs;
  return Math.max(from, Math.ceil(base + (n - capacity) * refillMs));
}

/** Whole tokens that can be taken at once. */
export function tokensFree({ capacity, refillMs }: Rate, bucket: Bucket, now: number): number {
  const missing = Math.max(0, bucket.fullAt - now) / refillMs + (bucket.held?.length ?? 0);
  return Math.max(0, Math.floor(capacity - missing));
}

/** Reserves one token; whether there is one is the caller's question. */
export const takeToken = (bucket: Bucket, now: number): Bucket => ({
  ...bucket,
  held: [...(bucket.held ?? []), now],
});

/** The reservation of that moment was used: the token comes back from now on. */
export function spendToken({ refillMs }: Rate, bucket: Bucket, reservedAt: number, now: number): Bucket {
  const without = giveTokenBack(bucket, reservedAt);
  // One that is not held was counted as spent before.
  return without === bucket ? bucket : { ...without, fullAt: Math.max(bucket.fullAt, now) + refillMs };
}

/** The reservation of that moment was not used: the token is there again, as if it had never been taken. */
export function giveTokenBack(bucket: Bucket, reservedAt: number): Bucket {
  const { held = [], ...rest } = bucket;
  const at = held.indexOf(reservedAt);
  if (at === -1) return bucket;
  const left = held.toSpliced(at, 1);
  return left.length === 0 ? rest : { ...rest, held: left };
}

/** The authority knows of more than we sent: its next token is there at `until`, and not before. */
export const emptyUntil = ({ capacity, refillMs }: Rate, bucket: Bucket, until: number): Bucket => ({
  ...bucket,
  fullAt: Math.max(bucket.fullAt, until + (capacity - 1) * refillMs),
});

/** The bucket without reservations that nobody settled in time. */
export const settleForgotten = (rate: Rate, bucket: Bucket, now: number): Bucket =>
  (bucket.held ?? [])
    .filter((reservedAt) => reservedAt + settledWithinMs <= now)
    .toSorted((a, b) => a - b)
    .reduce((left, reservedAt) => spendToken(rate, left, reservedAt, reservedAt + settledWithinMs), bucket);

/** Says nothing that an absent bucket would not say. */
export const isFull = (bucket: Bucket, now: number): boolean =>
  bucket.fullAt <= now && (bucket.held ?? []).length === 0;
