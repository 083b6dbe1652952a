import type { RenewalWindow } from '#shared/domain/renewal.ts';

/** One DNS-01 answer to publish: RFC 8555 section 8.4. Base name and wildcard give two values at one name. */
export interface DnsChallenge {
  /** `_acme-challenge.<host name>`, without a final dot. */
  recordName: string;
  recordValue: string;
  authorizationUrl: string;
  challengeUrl: string;
}

export interface CertificateOrder {
  orderUrl: string;
  /** Only those that are not yet valid. */
  challenges: DnsChallenge[];
}

export type OrderProgress =
  | { state: 'pending' | 'ready' | 'processing'; retryAfterMs: number }
  | { state: 'valid' };

/**
 * Issues certificates over RFC 8555. Each call is one activity of a flow that may crash: it can be repeated and
 * never waits for long itself; waits come back as data. Refusals: `certificate_order_refused`,
 * `certificate_challenge_failed`; limits: `certificate_rate_limited` with `retryAfterMs`; silence:
 * `certificate_authority_unavailable`.
 */
export interface CertificateAuthority {
  /** Directory URL: with the account it says who issued what. */
  readonly authority: string;
  /** Finds or makes the account of our key; answers its URL. */
  ensureAccount(): Promise<string>;
  createOrder(hostNames: readonly string[]): Promise<CertificateOrder>;
  /** Tells the authority that the records are there; one that is valid already is success. */
  answerChallenge(challengeUrl: string): Promise<void>;
  /** `ready` when all names are proven. */
  readOrder(orderUrl: string): Promise<OrderProgress>;
  /** Sends the PKCS#10 request (DER); an order that is processing or valid already is success. */
  finalizeOrder(orderUrl: string, request: Uint8Array): Promise<OrderProgress>;
  /** PEM, leaf first. */
  downloadChain(orderUrl: string): Promise<string>;
  /** RFC 9773: the suggested window for this leaf (PEM chain, leaf first), or undefined when there is none. */
  renewalWindow(chainPem: string): Promise<RenewalWindow | undefined>;
}
