import type { RateLimit } from './budget.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** So many at once, and so many again in every window: what an authority that has token buckets itself allows. */
const refilling = (count: number, windowMs: number) => ({ capacity: count, refillMs: windowMs / count });

/**
 * For an authority that counts a sliding window: any window of a bucket sees its capacity and one refill of it, so
 * half of the count fits at once and half of it comes back in a window.
 */
const sliding = (count: number, windowMs: number) => refilling(Math.floor(count / 2), windowMs);

/**
 * What Let's Encrypt names its limits, and what it says when one is reached. Orders that replace (RFC 9773) are exempt
 * from them all; an order for names that it issued before, from whichever account, counts for the exact set alone.
 */
const letsEncrypt = (counts: { orders: number; zone: number; exactSet: number }): readonly RateLimit[] => [
  {
    id: 'orders-per-account',
    title: 'New Orders per Account',
    ...refilling(counts.orders, 3 * hourMs),
    scope: 'account',
    freeForReplacements: true,
    freeForSameNames: true,
    refusal: 'too many new orders|new.?orders.?per.?account',
  },
  {
    // All our names are under one registered domain.
    id: 'certificates-per-domain',
    title: 'New Certificates per Registered Domain',
    ...refilling(counts.zone, 7 * dayMs),
    scope: 'zone',
    freeForReplacements: true,
    freeForSameNames: true,
    refusal: 'already issued for "|registered.?domain',
  },
  {
    // A machine's two names are always ordered together.
    id: 'certificates-per-exact-set',
    title: 'New Certificates per Exact Set of Hostnames',
    ...refilling(counts.exactSet, 7 * dayMs),
    scope: 'machine',
    freeForReplacements: true,
    refusal: 'exact.?set',
  },
];

/**
 * The limits of authorities by the name under which a configuration asks for them. An order takes one token of each.
 * Where an authority grants more, the configuration lists limits of its own.
 */
export const authorityLimits: Readonly<
  Record<
    'lets-encrypt' | 'lets-encrypt-staging' | 'google-trust-services' | 'zerossl' | 'none',
    readonly RateLimit[]
  >
> = {
  /**
   * letsencrypt.org/docs/rate-limits (June 2025), token buckets: 300 orders in 3 h = one per 36 s; 50 certificates
   * in 7 days = one per 201.6 min; 5 for the same names in 7 days = one per 33.6 h.
   */
  'lets-encrypt': letsEncrypt({ orders: 300, zone: 50, exactSet: 5 }),

  /**
   * letsencrypt.org/docs/staging-environment, as it listed them until 2025: 1,500 orders in 3 h = one per 7.2 s;
   * 30,000 certificates in 7 days, of a domain and of the same names = one per 20.16 s.
   */
  'lets-encrypt-staging': letsEncrypt({ orders: 1_500, zone: 30_000, exactSet: 30_000 }),

  /**
   * No order limit is published. Known from its own refusal (acme.sh #4364): "30 requests in 60 seconds" for
   * challenges, counted as a sliding window. An order answers two: 15 orders a minute, half of it is 7 at once and
   * one per 8.6 s. Replacing is not exempt.
   */
  'google-trust-services': [
    {
      id: 'challenges-per-account',
      title: 'Challenge requests in 60 seconds (30, two for an order)',
      ...sliding(30 / 2, minuteMs),
      scope: 'account',
      freeForReplacements: false,
    },
  ],

  /**
   * ZeroSSL limits the rate of requests and does not disclose how (zerossl #25, cert-manager #5867). This is a pace
   * of our own: an order takes about ten requests, so ten orders a minute stay below two requests a second.
   */
  zerossl: [
    {
      id: 'orders-per-account',
      title: 'Orders in a minute (our own pace; the limit is not published)',
      ...sliding(20, minuteMs),
      scope: 'account',
      freeForReplacements: false,
    },
  ],

  none: [],
};
