/** A TXT set that proves a name, as it stands. */
interface ProofSet {
  /** Relative to the zone: `_acme-challenge.<machine name>`. */
  relativeName: string;
  values: string[];
  /** When we last added a value, ISO 8601. */
  touchedAt: string;
}

/**
 * The public zone of the machines. Names are relative to it. Record sets that we make carry our mark in their
 * metadata (which is never public); those without it are never changed: `dns_record_foreign`. Sets are edited by
 * ETag: a TXT set is never overwritten, so two orders may prove one name at a time. `dns_zone_missing`,
 * `dns_unavailable`, `dns_record_conflict` when others kept changing it.
 */
export interface DnsZone {
  /** For example `wac.example.net`, lower case, no final dot. */
  readonly zone: string;
  /**
   * Points the name at the target: a CNAME for a host name, an A or AAAA record for an address. Repeatable by its
   * owner (a machine id); a name that another owner has is `dns_name_taken`.
   */
  pointName(relativeName: string, target: string, owner: string): Promise<void>;
  /** Removes what `pointName` made for this owner; absent, or of another owner, is success and changes nothing. */
  removeName(relativeName: string, owner: string): Promise<void>;
  /** Adds these values to the TXT set of the name, in one write; values that are there already stay once. */
  addTextValues(relativeName: string, values: readonly string[]): Promise<void>;
  /** Takes these values out and leaves others; an empty set is deleted; absent is success. */
  removeTextValues(relativeName: string, values: readonly string[]): Promise<void>;
  /** Our own `_acme-challenge` sets, for the sweep. */
  listProofs(): Promise<ProofSet[]>;
  /** The servers that the zone itself is given to (host names without a final dot). */
  nameServers(): Promise<string[]>;
}
