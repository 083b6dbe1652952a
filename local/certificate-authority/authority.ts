import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { Faults } from '#local/kit/faults.ts';
import type { CaaLookup } from './caa.ts';
import type { PendingWork } from './pending-work.ts';
import type { Profiles } from './profiles.ts';
import type { RateLimits } from './rate-limits.ts';

/** How long this authority takes. With 0 the work is done at once and no Retry-After is sent. */
export interface Latency {
  validationMs: number;
  issuanceMs: number;
}

/** What every part of the authority works on. */
export interface Authority {
  readonly store: DatabaseSync;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly issuer: { key: string; cert: string };
  /** Certificates of the issuer's key by other roots, PEM: one alternate chain each. */
  readonly alternateIssuers: readonly string[];
  readonly profiles: Profiles;
  readonly rateLimits: RateLimits;
  /** Key ids and their MAC keys (base64url). Undefined: no external account is asked for. */
  readonly externalAccounts: Readonly<Record<string, string>> | undefined;
  /** Names are issued for this name and below it. */
  readonly permittedSuffix: string;
  /** How long a proven name stays proven for later orders of the account. */
  readonly authorizationReuseMs: number;
  readonly latency: Latency;
  /** The values of the TXT set at a name, one string each; rejects with a Problem. */
  readonly lookUpText: (name: string) => Promise<string[]>;
  /** The issuer domain names that stand for it in CAA records. */
  readonly caaIdentities: readonly string[];
  readonly lookUpCaa: CaaLookup;
  readonly work: PendingWork;
}

export const newId = (): string => randomBytes(12).toString('base64url');
