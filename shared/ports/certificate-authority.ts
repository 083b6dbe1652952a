import type { RateLimit } from '#shared/domain/budget.ts';
import type { KeyCustody, RenewalWindow, RevocationReason } from '#shared/domain/certificate.ts';

/** One DNS-01 answer to publish: RFC 8555 section 8.4. Base name and wildcard give two values at one name. */
export interface DnsChallenge {
  /** `_acme-challenge.<host name>`, without a final dot. */
  recordName: string;
  recordValue: string;
  authorizationUrl: string;
  challengeUrl: string;
}

export interface OrderRequest {
  hostNames: readonly string[];
  /** RFC 9773 section 5: the renewal id of the leaf that this one replaces. */
  replaces?: string;
}

export interface CertificateOrder {
  orderUrl: string;
  /** Only those that are not yet valid. */
  challenges: DnsChallenge[];
}

export type OrderProgress =
  | { state: 'pending' | 'ready' | 'processing'; retryAfterMs: number }
  | { state: 'valid' };

export interface IssuedChain {
  /** PEM, leaf first. */
  chainPem: string;
  /** RFC 9773 section 4.1, where the leaf names its issuer's key. */
  renewalId?: string;
}

export interface RenewalAdvice {
  window: RenewalWindow;
  /** When to ask again, in milliseconds, where the authority says so. */
  retryAfterMs?: number;
  /** A page that explains the window (RFC 9773 section 4.2). */
  explanationUrl?: string;
}

/**
 * Issues certificates. Each call is one activity of a flow that may crash: it can be repeated and never waits for
 * long itself; waits come back as data. Refusals: `certificate_order_refused`, `certificate_challenge_failed`,
 * `certificate_replacement_refused` (any 4xx but 429 to an order that named what it replaces),
 * `certificate_authority_forbidden` (CAA); limits: `certificate_rate_limited` with `retryAfterMs`; silence:
 * `certificate_authority_unavailable`.
 */
export interface CertificateAuthority {
  /** Our configuration's name for it: lower case, digits and hyphens. */
  readonly name: string;
  /** Directory URL (ACME) or `issuer:<name>` (Key Vault): with the account it says who issued what. */
  readonly authority: string;
  /** `Unknown` where we bring the request to the authority; else the vault's issuer, which takes it by itself. */
  readonly vaultIssuer: string;
  /** What it can issue for. */
  readonly custodies: readonly KeyCustody[];
  readonly limits: readonly RateLimit[];
  /** Finds or makes the account of our key, and moves it to the newest version of the key; answers its URL. */
  ensureAccount(): Promise<string>;
  /** Names that a CAA record may give to allow this authority (RFC 8659 section 4.2); empty where it names none. */
  caaIdentities(): Promise<readonly string[]>;
  createOrder(request: OrderRequest): Promise<CertificateOrder>;
  /** Tells the authority that the records are there; one that is valid already is success. */
  answerChallenge(challengeUrl: string): Promise<void>;
  /** `ready` when all names are proven. */
  readOrder(orderUrl: string): Promise<OrderProgress>;
  /** Sends the PKCS#10 request (DER); an order that is processing or valid already is success. */
  finalizeOrder(orderUrl: string, request: Uint8Array): Promise<OrderProgress>;
  downloadChain(orderUrl: string): Promise<IssuedChain>;
  /** RFC 9773: the advice for this leaf, or undefined when there is none. */
  renewalAdvice(renewalId: string): Promise<RenewalAdvice | undefined>;
  /** RFC 8555 section 7.6, by the account that issued it (PEM chain, leaf first); revoked already is success. */
  revoke(chainPem: string, reason: RevocationReason): Promise<void>;
}
