import type { CaaRecord } from '#shared/domain/caa.ts';

export interface DelegationReport {
  /** What the world is told: the NS names of the zone, lower case, without a final dot. */
  delegatedTo: string[];
  /** Everything that is wrong with it, one sentence each; empty when all is well. */
  faults: string[];
}

/** The DNS as the rest of the world sees it. `dns_unavailable` when nothing answers at all. */
export interface PublicDns {
  /** Compares the delegation of the zone with the servers it was given, and asks each of these for the zone. */
  checkDelegation(zone: string, expected: readonly string[]): Promise<DelegationReport>;
  /**
   * Asks every authoritative server of the zone for the TXT values of an absolute name. Answers one entry for each
   * server that lacks some or does not answer; empty when all of them have all.
   */
  findMissingText(
    zone: string,
    name: string,
    values: readonly string[],
  ): Promise<{ server: string; missing: string[] }[]>;
  /** The CAA set that holds for a name: its own or that of the nearest name above it (RFC 8659 section 3). */
  findCaa(name: string): Promise<CaaRecord[]>;
}
