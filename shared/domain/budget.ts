import type { KeyCustody } from './certificate.ts';

/**
 * One limit of an authority as data. Limits refill: a bucket of `capacity` tokens gets one back every `refillMs`,
 * so one timestamp per bucket is enough.
 */
export interface RateLimit {
  /** Letters and hyphens, for example `orders-per-account`. */
  id: string;
  /** As the authority's documentation calls it. */
  title: string;
  capacity: number;
  refillMs: number;
  /** What shares one bucket: everything under our zone, one account, or one machine's set of names. */
  scope: 'zone' | 'account' | 'machine';
  /** Whether a renewal that names what it replaces, at its own account, is free (RFC 9773 section 5). */
  freeForReplacements: boolean;
  /** Whether an order for the very names of a certificate that it issued before is free, from whichever account. */
  freeForSameNames?: boolean;
  /** Words of a refusal by which the authority means this limit: a regular expression, its case ignored. */
  refusal?: string;
}

/** One bucket, in milliseconds since the epoch; the arithmetic is in `token-bucket.ts`. */
export interface Bucket {
  /** `<limit id>` or, for limits per account or machine, `<limit id>:<account or machine name>`. */
  id: string;
  /** When the tokens that were spent are all back; in the past, none is missing. */
  fullAt: number;
  /**
   * When each of the tokens was reserved of which nobody knows yet whether they are spent. They are missing, but
   * their refill has not begun: an order may reach the authority long after its token was taken.
   */
  held?: number[];
}

/** Who goes first: what is about to expire or was revoked, then first installs, then renewals with time left. */
export type Urgency = 'urgent' | 'install' | 'renewal';

/** One machine that waits for its turn at an authority. */
export interface Waiter {
  machineId: string;
  urgency: Urgency;
  /** Since when it waits, ISO 8601: the order within an urgency, except for the urgent. */
  since: string;
  /** When the certificate in service ends, ISO 8601: the urgent go by it. */
  expiresAt?: string;
  /** When it comes back to ask, ISO 8601; one that is long past is forgotten. */
  turnAt: string;
  /** Ids of the limits that it needs a token of and shares with others. */
  needs: string[];
}

/** An authority that takes no orders for a while. */
export interface Closure {
  /** ISO 8601. */
  until: string;
  reason: 'rate-limited' | 'outage' | 'forbidden by CAA' | 'refused';
  /** What the authority said, one sentence. */
  detail: string;
  /** Closures in a row: the pause grows. */
  count: number;
}

/** Tokens taken before an order, under the issue's own id. */
export interface Reservation {
  id: string;
  machineId: string;
  /** Account URL that the tokens were taken for. */
  account: string;
  /** Whether the order may name what it replaces. */
  isReplacement: boolean;
  /** Ids of the buckets that gave a token. */
  buckets: string[];
  /** ISO 8601; each of the buckets holds a token of this moment until it is settled. */
  at: string;
  state: 'reserved' | 'spent' | 'released';
}

/** What is asked of the planner. */
export interface TurnRequest {
  machineId: string;
  machineName: string;
  urgency: Urgency;
  /** Who holds the key: an issuer of Key Vault cannot sign a machine's own request. */
  custody: KeyCustody;
  since: string;
  /** The authority that issued a leaf for these very names before, if any. */
  renews?: string;
  /** The lifetime of the leaf in service, if any. */
  leaf?: { notBefore: string; notAfter: string };
}

export type Turn =
  | { kind: 'now' }
  | {
      kind: 'later';
      /** ISO 8601. */
      at: string;
      ahead: number;
      /** One sentence: the limit or the closure that is waited for. */
      reason: string;
    };
