/**
 * The public zone of the machines. Names are relative to it. Record sets are edited by ETag: a TXT set is never
 * overwritten, so two orders may prove one name at a time. `dns_zone_missing`, `dns_unavailable`,
 * `dns_record_conflict` when others kept changing it.
 */
export interface DnsZone {
  /** For example `wac.example.net`, lower case, no final dot. */
  readonly zone: string;
  /** Points the name at the target: a CNAME for a host name, an A or AAAA record for an address. Repeatable. */
  pointName(relativeName: string, target: string): Promise<void>;
  /** Removes what `pointName` made; absent is success. */
  removeName(relativeName: string): Promise<void>;
  /** Adds these values to the TXT set of the name, in one write; values that are there already stay once. */
  addTextValues(relativeName: string, values: readonly string[]): Promise<void>;
  /** Takes these values out and leaves others; an empty set is deleted; absent is success. */
  removeTextValues(relativeName: string, values: readonly string[]): Promise<void>;
}
