import type { ErrorRecord } from './error.ts';

/**
 * Where the private key lives. `vault`: in Key Vault, sealed to the agent's own key for delivery. `machine`: the
 * agent made it and nobody else ever sees it; the vault keeps the chain alone.
 */
export type KeyCustody = 'vault' | 'machine';

/**
 * How far the newest certificate of a machine has come; the table of moves is in `certificate-lifecycle.ts`.
 * Until a leaf is `served` the one before it stays in service.
 */
export type CertificateState =
  /** None is ordered; `dueAt` is the date of the next try and `plan` says why then. */
  | 'waiting'
  /** An order is open at an authority. */
  | 'ordered'
  /** The chain is kept; the agent has been told. */
  | 'issued'
  /** The agent has fetched it. */
  | 'delivered'
  /** Seen in a live handshake, by the agent's own signed report or by a probe: only now a renewal is done. */
  | 'served'
  /** The authority was told that it is not to be trusted; a replacement is due. */
  | 'revoked'
  /** Its end came before a replacement. */
  | 'expired'
  /** The machine gave it up with its name. */
  | 'withdrawn';

/** What identifies a leaf and bounds it in time. */
export interface LeafFacts {
  /** SHA-256 of the leaf, lower-case hex. */
  thumbprint: string;
  /** Upper-case hex, as in certificate transparency logs. */
  serialNumber: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
}

/** RFC 9773 section 4.2: the window in which the authority asks for renewal, ISO 8601. */
export interface RenewalWindow {
  start: string;
  end: string;
}

/** Who issued a leaf: `replaces` (RFC 9773 section 5) is sent to this authority and account and to no other. */
export interface Issuer {
  /** Name in our configuration. */
  name: string;
  /** ACME directory URL, or `issuer:<name>` for an issuer of Key Vault. */
  authority: string;
  /** Account URL at that authority. */
  account: string;
}

export interface IssuedLeaf extends LeafFacts {
  machineName: string;
  /** Base name and wildcard, in this order. */
  hostNames: string[];
  custody: KeyCustody;
  /** Version of the Key Vault certificate, or of the secret that holds the chain. */
  version: string;
  issuedBy: Issuer;
  /** RFC 9773 section 4.1; absent where the leaf names no issuer key. */
  renewalId?: string;
  issuedAt: string;
  deliveredAt?: string;
  servedAt?: string;
}

/** Why an order waits for its turn, and until when. */
export interface IssuancePlan {
  /** Name of the authority whose turn is awaited. */
  authority: string;
  /** ISO 8601. */
  turnAt: string;
  /** Those that go before. */
  ahead: number;
  /** The limit or the trouble that is waited for, one sentence. */
  reason: string;
}

/** What was asked of a certificate besides its regular renewal. */
export interface ReplacementRequest {
  reason: RevocationReason;
  /** Whether the old leaf is revoked once its replacement is served (or before, for a compromised key). */
  revoke: boolean;
  requestedAt: string;
  /** When the old leaf was revoked. */
  revokedAt?: string;
  /** The fleet-wide replacement that it is a part of. */
  drill?: string;
}

/** One per machine, for the base name and its wildcard (requirement 64; the wildcard carries the session labels). */
export interface CertificateRecord {
  state: CertificateState;
  custody: KeyCustody;
  /** The newest: what the agent is to serve. */
  leaf?: IssuedLeaf;
  /** The one before it, while the newest has not been seen served. */
  previous?: IssuedLeaf;
  /** When the next order begins, ISO 8601: a renewal, a turn or a repeated try. Absent when nothing is to come. */
  dueAt?: string;
  /** When the authority is asked again for its window (RFC 9773 section 4.3), ISO 8601. */
  checkAt?: string;
  /** The last suggested window, and how often in a row asking for it failed. */
  window?: RenewalWindow;
  checkFailures?: number;
  /** In [0, 1): the point of the window at which this leaf is renewed; drawn once, so that polling moves nothing. */
  point?: number;
  plan?: IssuancePlan;
  /** The last failure and how many came in a row. */
  failure?: ErrorRecord & { at: string; count: number };
  replacement?: ReplacementRequest;
  /** The id of the request that the machine is to sign with a key of its own. */
  wantedRequest?: string;
  /** The last step that a flow wrote, by its own id: written again after a crash it changes nothing. */
  mark?: string;
}

/** What the machine serves while its newest leaf has not been seen served; with no other there is only that one. */
export const leafInService = <L extends Pick<IssuedLeaf, 'servedAt'> = IssuedLeaf>({
  leaf,
  previous,
}: {
  leaf?: L;
  previous?: L;
}): L | undefined => (leaf?.servedAt === undefined ? (previous ?? leaf) : leaf);

export const hostNamesOf = (machineName: string, zone: string): string[] => [
  `${machineName}.${zone}`,
  `*.${machineName}.${zone}`,
];

/** RFC 5280 section 5.3.1, those that a subscriber may give (Baseline Requirements section 4.9.1.1). */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const;
export type RevocationReason = keyof typeof revocationReasons;
